"""The simulated fleet, the independent oracle and the run that compares the two."""
