"""The steps of an upgrade and of its rollback."""
