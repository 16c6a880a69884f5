"""The steps that hand a running job over to a second version of it, which runs beside it."""
