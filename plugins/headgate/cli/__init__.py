"""The command line: one module a command, and no decisions."""
