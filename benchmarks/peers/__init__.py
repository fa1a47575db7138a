"""The same forty rules, as others say them. Each is made ready in a process of its own."""
