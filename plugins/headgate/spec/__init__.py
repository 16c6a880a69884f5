"""What the user declares: models, loading and checks, with every error at once."""
