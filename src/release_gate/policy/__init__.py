"""Policies: their documents, and the checked form that is evaluated."""
