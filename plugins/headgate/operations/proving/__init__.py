"""The steps that restore a savepoint in a shadow job, to prove that it can be restored."""
