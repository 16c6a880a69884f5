"""The steps that end a job without a savepoint."""
