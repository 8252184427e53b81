"""Code systems, value sets and concept maps, as pure data and functions. Empty now: they arrive in a later part."""
