"""The course of this folder is for the grader, not for this pytest."""

collect_ignore = ["course", "cases"]
