"""Gated access: who waits at a hub, what their answers say, and who was granted what."""
