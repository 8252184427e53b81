"""capabilities: what this server offers. https://hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

from dzop.fhir.capability_statement import capability_statement
from dzop.interactions.exchanged import Answer, Service
from dzop.interactions.rendered import json_bytes


def capabilities(service: Service) -> Answer:
    """200 with the CapabilityStatement, derived from the table of resource types."""
    statement = capability_statement(
        version=service.software, base=service.base, date=service.published, oauth=service.oauth
    )
    return Answer(200, json_bytes(statement))
