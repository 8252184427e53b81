"""Threads of messages: a reply answers a message, is part of the thread that the first one began, and stays in it.

`Communication.inResponseTo` says what is answered, `partOf` names the first message of the thread.
https://hl7.org/fhir/R4/communication.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dzop.fhir.categories import categories
from dzop.fhir.outcome import Issue
from dzop.fhir.paths import values
from dzop.fhir.references import actor_key, read_reference
from dzop.fhir.resource_types import MESSAGE_KIND
from dzop.plan.rule import refusal, remark
from terminology.content import CONTENT

__all__ = [
    "answered", "first_messages", "in_thread", "is_message", "only_taken_back", "recipients", "require_in_thread",
    "require_sent", "require_signed", "said",
]  # fmt: skip

_TYPE: Final = "Communication"
_SENT: Final = frozenset({"completed", "in-progress"})
_TAKEN_BACK: Final = "entered-in-error"
_TOPICS: Final = frozenset(
    (kinds.url, code)
    for kinds in (CONTENT.code_systems["message-kind"], CONTENT.code_systems["journal-kind"])
    for code in kinds.concepts
)

Resource = Mapping[str, Any]


def is_message(value: Resource) -> bool:
    """Whether this Communication is a message, and no note or page of a journal."""
    return "message" in categories(value, _TYPE, {})


def answered(value: Resource, base: str) -> tuple[str, ...]:
    """The ids of the messages that this Communication answers."""
    return _messages(value, "inResponseTo", base)


def first_messages(value: Resource, base: str) -> tuple[str, ...]:
    """The ids of the first messages of the threads that this Communication says it is part of."""
    return _messages(value, "partOf", base)


def recipients(value: Resource, base: str) -> list[str | None]:
    """The actor keys of the recipients, in order; None for who cannot be recognised."""
    return [actor_key(each, base) for each in value.get("recipient", ())]


def in_thread(messages: Sequence[Resource], base: str) -> frozenset[str]:
    """The actor keys of those who wrote or got these messages."""
    found = [key for each in messages for key in recipients(each, base)]
    found += [actor_key(each["sender"], base) for each in messages if "sender" in each]
    return frozenset(key for key in found if key is not None)


def require_in_thread(value: Resource, replied: Sequence[Resource], base: str) -> None:
    """Unprocessable when a reply to these messages says that it is part of another thread than they are."""
    begun = {first for each in replied for first in first_messages(each, base) or (each["id"],)}
    if replied and not begun.issuperset(first_messages(value, base)):
        raise refusal("reply-in-other-thread", "Communication.partOf")


def require_sent(message: Resource) -> None:
    """Unprocessable for a new message that is not sent: whoever it names would read it."""
    status = message.get("status")
    if is_message(message) and status not in _SENT:
        raise refusal("message-not-sent", "Communication.status", status=str(status))


def require_signed(message: Resource) -> None:
    """Unprocessable for a new message of a kind of message-kind without sender: so only the server's own look."""
    if "sender" not in message and MESSAGE_KIND in values(message, "topic.coding.system"):
        raise refusal("message-unsigned", "Communication.sender")


def only_taken_back(before: Resource, now: Resource) -> bool:
    """Whether nothing changed but that it was entered in error, and why."""
    return now.get("status") == _TAKEN_BACK and _rest(before) == _rest(now)


def said(value: Resource, base: str) -> Iterator[Issue]:
    """What there is to say of a message by itself."""
    if is_message(value) and not value.get("recipient"):
        yield remark("message-without-recipient", "Communication.recipient")
    if answered(value, base) and not first_messages(value, base):
        yield remark("reply-without-thread", "Communication.partOf")
    topics = {(each.get("system"), each.get("code")) for each in values(value, "topic.coding")}
    if topics and _TOPICS.isdisjoint(topics):
        yield remark("topic-unknown", "Communication.topic")


def _messages(value: Resource, path: str, base: str) -> tuple[str, ...]:
    found = [read_reference(each, base) for each in values(value, path)]
    return tuple(each.id for each in found if each.type == _TYPE and each.id is not None)


def _rest(value: Resource) -> dict[str, Any]:
    return {name: each for name, each in value.items() if name not in ("meta", "status", "statusReason")}
