"""Submissions of a tiny course, with the reports that they give."""
