"""Patches: a resource changed in parts, everything else byte for byte as it was. Pure."""
