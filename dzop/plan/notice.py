"""What the server tells somebody about a plan: a message without content of its own, about the resource that has it.

https://hl7.org/fhir/R4/communication.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dzop.fhir.resource_types import DATA_CATEGORY, MESSAGE_KIND
from terminology.content import LANGUAGES, display

__all__ = ["MESSAGE_KIND", "notice"]


def notice(
    topic: str, person: str, about: Iterable[str], recipients: Iterable[Mapping[str, Any]], now: str
) -> dict[str, Any]:
    """A message to these recipients (References), without id; its words are those of the topic, in every language.

    `topic` is a code of message-kind, `person` and `about` are literal references, `now` is an instant.
    """
    whom = list(recipients)
    words = "\n".join(display("message-kind", topic, language) for language in LANGUAGES)
    return {
        "resourceType": "Communication",
        "status": "completed",
        "category": [{"coding": [{"system": DATA_CATEGORY, "code": "message"}]}],
        "subject": {"reference": person},
        "topic": {"coding": [{"system": MESSAGE_KIND, "code": topic}]},
        "about": [{"reference": each} for each in about],
        **({"recipient": whom} if whom else {}),
        "sent": now,
        "payload": [{"contentString": words}],
    }
