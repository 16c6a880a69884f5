"""Faults of operations: the moments to strike at, who is struck, and how the end is judged."""
