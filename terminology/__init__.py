"""Code systems, value sets and concept maps: what they hold, what they mean, and what dzop ships of them. Pure."""
