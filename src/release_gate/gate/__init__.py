"""The gate of a project, and how decisions are shown."""
