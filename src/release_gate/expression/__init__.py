"""The language of conditions: rule-engine's grammar, our tree, our checker."""
