"""``python -m release_gate`` is the command ``release-gate``."""

from release_gate.cli import main

main()
