"""The steps that take a savepoint of a job which goes on running."""
