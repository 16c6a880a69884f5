"""Restoring what ran: finding its snapshots, its artefacts, and the one to continue from."""
