"""What is under `checks/` is run by the bench, in a grader."""

collect_ignore = ["checks"]
