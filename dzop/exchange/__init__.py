"""Partners outside: what leaves, what comes back, and in which order; see `ports` for the seams."""
