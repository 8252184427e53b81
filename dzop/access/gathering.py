"""What the server tells the same people at once is one message: about all of it, and not one about each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import orjson

from dzop.access.writing import Consequence

__all__ = ["gathered"]


def gathered(messages: Iterable[tuple[int, Consequence]], base: str) -> Iterator[tuple[int, Consequence]]:
    """New messages of the server, each with its person: those that differ in what they are about are one."""
    alike: dict[tuple[object, ...], list[tuple[int, Consequence]]] = {}
    for person, each in messages:
        alike.setdefault((person, *_but_about(each)), []).append((person, each))
    for found in alike.values():
        person, first = found[0]
        about = [subject for _, each in found for subject in each.proposal.value["about"]]
        told = Consequence.of({**first.proposal.value, "about": about}, base, is_new=True)
        yield person, replace(told, is_sensitive=first.is_sensitive)


def _but_about(message: Consequence) -> tuple[object, ...]:
    rest = {name: each for name, each in message.proposal.value.items() if name not in ("id", "about")}
    return message.is_sensitive, message.named, orjson.dumps(rest)
