"""What system tests stand on: the shared stack, a proxy with faults, processes that die on cue."""
