"""What authors of policies work with: tests, coverage, mutation, lint, layout, explanation, comparison."""
