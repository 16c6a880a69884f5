"""Schemas and topics: planned, shown, applied."""
