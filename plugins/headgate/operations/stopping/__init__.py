"""The steps that end a running job with a savepoint."""
