"""transaction: all entries or none, whatever their order. https://hl7.org/fhir/R4/http.html#transaction

What an entry means to do is found first: what its condition matches, what its links point at. Then it is done
in R4's order: deletes, creates, updates and patches, reads. No resource is written twice.
"""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dzop.access.keeping import Written
from dzop.access.locks import lock_of
from dzop.access.unit import Unit
from dzop.fhir.bundle import ResponseEntry
from dzop.fhir.json import Source
from dzop.fhir.operations import operation_on
from dzop.fhir.outcome import Invalid, Issue, NotSupported
from dzop.interactions.bundle_entries import Entered, answer_of, require_room
from dzop.interactions.conditional import condition_in_url, condition_of, locks_of
from dzop.interactions.delete import delete_found, deleted
from dzop.interactions.entry import Entry, Placed
from dzop.interactions.etag import version_of
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.patch import read_change
from dzop.interactions.rendered import written
from dzop.interactions.resolution import Meant, expected, linked, meant
from dzop.interactions.resource_body import may_choose_id, read_body
from dzop.interactions.route import Target, match, perform, require_scope
from dzop.interactions.update import update_found

_WRITES: Final = ("delete", "create", "update", "patch")
_TURN: Final = {"Patient": -2, "RelatedPerson": -1, "Observation": 1, "List": 2, "Provenance": 2, "Binary": 2}
_READS: Final = ("read", "vread", "search-type", "history-instance", "history-type", "history-system")

_MOST_LOCKS: Final = 2_000  # the database has some thousands for all


async def transaction(ask: Ask, entered: Sequence[Entered]) -> list[ResponseEntry]:
    """The answers in the order of the entries; the first fault undoes everything and names its entry."""
    entries = [await _read(ask, place, each) for place, each in enumerate(entered)]

    async def work(unit: Unit) -> dict[int, Answer]:
        return await _carry_out(unit, entries)

    answers = await ask.service.gateway.commit(ask.call, work)
    return [answer_of(entry.ask.request, answers[entry.place]) for entry in entries]


async def _read(ask: Ask, place: int, entered: Entered) -> Entry:
    request = entered.request
    if isinstance(request, Issue):
        raise Invalid(request)
    with Placed(place):
        target = match(request)
        entry_ask = Ask(
            ask.service, ask.call, request, target.type, target.id, target.version, target.compartment
        )
        await require_scope(entry_ask, target)
        code = "read" if _only_reads(target) else target.route.code
        if code not in (*_WRITES, "read"):
            raise NotSupported(f"`{code}` cannot be part of a transaction; send it in a batch")
        condition = await condition_of(entry_ask) if code == "create" else None
        if code in ("update", "patch", "delete") and not target.id:
            condition = await condition_in_url(entry_ask)
        return Entry(place, entered.full_url, code, entry_ask, condition)
    raise AssertionError  # pragma: no cover - the block above returns or raises


def _only_reads(target: Target) -> bool:
    code = target.route.code
    if not code.startswith("$"):
        return code in _READS
    operation = operation_on(target.type, code[1:], "instance" if target.id else "type")
    return operation is not None and not operation.affects_state


async def _carry_out(unit: Unit, entries: Sequence[Entry]) -> dict[int, Answer]:
    await unit.locks.serialise(_locks(entries))
    versions = await expected(unit, entries)
    answers, gone = await _deleted(unit, entries)
    found = await meant(unit, entries, gone, versions)
    bodies = await linked(unit, found)
    # What tells of others comes behind them, for it is as closed as they are.
    for each in sorted(
        found.values(), key=lambda each: (_TURN.get(each.entry.ask.type, 0), each.entry.code != "create")
    ):
        await sleep(0)  # others are answered meanwhile
        if each.twin is None:
            with Placed(each.entry.place):
                answers[each.entry.place] = await _written(unit, each, bodies.get(each.entry.place))
    for each in found.values():
        if each.twin is not None:
            answers[each.entry.place] = replace(answers[each.twin], status=200)
    return answers | await _reads(unit, entries)


def _locks(entries: Sequence[Entry]) -> dict[int, bool]:
    locks: dict[int, bool] = {}
    for each in entries:
        if each.condition is not None:
            for lock, alone in locks_of(each.condition, each.body).items():
                locks[lock] = alone or locks.get(lock, False)
    if len(locks) <= _MOST_LOCKS:
        return locks
    return {lock_of(each.condition.type): True for each in entries if each.condition is not None}


async def _deleted(unit: Unit, entries: Sequence[Entry]) -> tuple[dict[int, Answer], dict[str, int]]:
    """The answers to the deletes, and which entry deleted what."""
    answers: dict[int, Answer] = {}
    gone: dict[str, int] = {}
    for entry in entries:
        if entry.code == "delete":
            with Placed(entry.place):
                done = await delete_found(unit, entry.ask, entry.condition)
                answers[entry.place] = deleted(done)
                if done is not None:
                    gone[f"{done.type}/{done.id}"] = entry.place
    return answers, gone


async def _written(unit: Unit, meant: Meant, body: Source | None) -> Answer:
    """Carries out a create, update or patch."""
    ask = replace(
        meant.entry.ask, request=replace(meant.entry.ask.request, body=body or meant.entry.ask.request.body)
    )
    return written(ask, await _write(unit, meant, ask))


async def _write(unit: Unit, meant: Meant, ask: Ask) -> Written:
    code, if_match = meant.entry.code, version_of(ask.request.if_match)
    if meant.found is not None:
        return await unit.as_found(meant.found)
    if code == "patch":
        return await unit.patch(ask.type, meant.id, read_change(ask), if_match)
    proposal = read_body(ask)
    if code == "create":
        return await unit.create(replace(proposal, id=meant.id))
    if meant.entry.condition is not None:
        proposal = replace(proposal, id=meant.entry.new_id)
        return await update_found(unit, ask, proposal, meant.id if meant.is_there else None)
    return await unit.update(proposal, if_match, may_create=may_choose_id(ask))


async def _reads(unit: Unit, entries: Sequence[Entry]) -> dict[int, Answer]:
    """The answers to all that changes nothing: as things are behind the writes."""
    reads = [each for each in entries if each.code == "read"]
    if not reads:
        return {}
    await unit.settle()
    inside = reads[0].ask.service.within(unit)
    answers, size = dict[int, Answer](), 0
    for each in reads:
        with Placed(each.place):
            require_room(size)
            answers[each.place] = answer = await perform(Ask(inside, each.ask.call, each.ask.request))
            size += len(answer.resource or b"")
    return answers
