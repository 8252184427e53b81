"""Terminologies that an operator loads: FHIR packages, files of FHIR, and releases of SNOMED CT."""
