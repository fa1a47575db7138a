"""What can be known."""
