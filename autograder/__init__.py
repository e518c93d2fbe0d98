"""Auto-graded deep-learning assignments: isolated, proved, fair."""

__version__ = "0.3.0"
