"""Read-only pictures of what is there."""
