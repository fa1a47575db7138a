"""What a condition comes to. The reference is the definition; other evaluators must agree with it."""
