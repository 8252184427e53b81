"""What an operator should know of a resource that was stored, though nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from consent.relations import is_unmapped
from dzop.access.proposal import Proposal

_RELATED = ("Patient/", "RelatedPerson/")


def remarks(proposal: Proposal) -> Iterator[str]:
    """Members of a team whose role nobody can tell, and who therefore gain no access by it."""
    if proposal.type != "CareTeam":
        return
    for number, participant in enumerate(proposal.value.get("participant", [])):
        member = participant.get("member", {}).get("reference", "")
        if is_unmapped(participant) and not member.startswith(_RELATED):
            where = f"CareTeam.participant[{number}]"
            yield f"the role of this member is in words, or in a code we do not know: no access by it (at {where})"
