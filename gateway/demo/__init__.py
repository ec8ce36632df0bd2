"""The whole thing on one machine, with invented children and stand-in partners."""
