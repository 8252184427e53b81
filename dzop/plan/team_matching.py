"""Which entry of a team that is sent is which of the team that is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from dzop.plan.team import Entry

__all__ = ["matched"]


def matched(
    before: Sequence[Entry], after: Sequence[Entry]
) -> tuple[list[tuple[Entry, Entry | None]], list[Entry]]:
    """Each entry sent with the one that it was, and those that were not sent again.

    The same entry is one that says the same; else one with the same element id, else one for the same member and
    roles. A declined entry is history: what differs from it is another entry.
    """
    left = dict(enumerate(before))
    found: dict[int, Entry] = {}
    for alike in _ALIKE:
        for place, sent in enumerate(after):
            if place not in found:
                match = next((number for number, kept in left.items() if alike(sent, kept)), None)
                if match is not None:
                    found[place] = left.pop(match)
    return [(sent, found.get(place)) for place, sent in enumerate(after)], list(left.values())


def _is_same(sent: Entry, kept: Entry) -> bool:
    return sent.content == kept.content


def _is_changed(sent: Entry, kept: Entry) -> bool:
    return kept.state != "declined" and sent.is_like(kept)


_ALIKE: Final[tuple[Callable[[Entry, Entry], bool], ...]] = (
    lambda sent, kept: _is_same(sent, kept) and sent.state == kept.state,
    lambda sent, kept: _is_same(sent, kept) and sent.state is None,
    _is_same,
    lambda sent, kept: _is_changed(sent, kept) and sent.value.get("id", "") == kept.value.get("id"),
    lambda sent, kept: _is_changed(sent, kept) and sent.state == kept.state,
    _is_changed,
)
"""From the surest to the least sure way to tell that an entry sent is the one that was kept."""
