"""Where sources tell the same thing differently, and what changed with time."""
