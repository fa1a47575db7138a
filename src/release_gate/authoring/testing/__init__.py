"""Tests of policies: how they are written, read and run, and what came of them."""
