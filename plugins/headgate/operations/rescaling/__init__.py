"""The steps that change the parallelism of a running job."""
