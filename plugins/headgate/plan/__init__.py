"""Pure functions: (declared, observed, recorded) to a plan of changes."""
