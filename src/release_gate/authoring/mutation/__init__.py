"""Change a policy a little, and see whether any of its tests notices."""
