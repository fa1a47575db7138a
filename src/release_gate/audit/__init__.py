"""The record: what was decided, on what, by which policies, and the proof that nothing was removed."""
