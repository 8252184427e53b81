"""Snapshots of SNOMED CT in its release format 2, read without being unpacked or held in memory."""
