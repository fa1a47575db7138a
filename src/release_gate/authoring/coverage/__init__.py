"""How much of a policy its tests have seen: outcomes of rules, clauses that decided, sides of thresholds."""
