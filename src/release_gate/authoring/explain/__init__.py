"""A policy in the words of people who decide by it: what is asked where, and every rule with its source."""
