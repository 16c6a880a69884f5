"""One file per lifecycle operation, written as a list of named, resumable steps."""
