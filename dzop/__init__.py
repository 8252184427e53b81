"""dzop: a FHIR R4 service for shared care plans."""

__version__ = "0.1.0"
