"""What was intended and what happened, kept in an own database."""
