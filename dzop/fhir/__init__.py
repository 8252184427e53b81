"""FHIR R4, pure: data in, data out. No I/O, no clock, no randomness, no async."""
