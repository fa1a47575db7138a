"""What is there: facts read from real files, each with the place that it was read from."""
