"""What a Consent that may be stored will not do: past a ceiling, contradicted, or of no effect at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from consent.categories import ALL, SENSITIVE, codes, mask, named
from consent.matrix import ROLES, Matrix
from consent.parties import key_named, role_named, type_named
from consent.periods import Period, read_period
from consent.professions import PROFESSIONS
from consent.relations import GROUND, codings
from consent.remarks import ROOT, Body, Remark, coded, provisions, warning
from consent.settings import ACTIONS_OF, is_about_care

__all__ = ["warnings"]

_MAY_BE = {
    "RelatedPerson": ("representative", "informal-carer", "informal-network", "care-coordinator"),
    "Organization": (*PROFESSIONS, "system-client"),
    "Practitioner": (*PROFESSIONS, "care-coordinator", "case-manager"),
    "PractitionerRole": (*PROFESSIONS, "care-coordinator", "case-manager"),
}
"""The roles somebody of a type may have."""

_ANY_ROLE = tuple(role for role in ROLES if role != "person")


def warnings(consent: Body, kind: str, matrix: Matrix, others: Sequence[Body]) -> Iterator[Remark]:
    """Warnings about a Consent of this kind that has no errors; `others` are the active settings beside it."""
    root: Body = consent["provision"]
    if kind == "mandate" and not coded(consent, GROUND):
        text = "a mandate without ground counts as `designated`, and does not end at the age of majority"
        yield warning("incomplete", text, f"Consent.extension('{GROUND}')")
    for path, provision in provisions(root):
        if "data" in provision and mask(named(provision.get("class") or [])) & SENSITIVE:
            text = "`sensitive` has no effect beside `data`: name it in a provision without entries"
            yield warning("business-rule", text, f"{path}.class")
        if kind in ("grant", "settings"):
            yield from _burden(provision, path)
    if kind == "settings":
        if not root.get("provision") or any(name in root for name in ("class", "actor", "action")):
            text = (
                "the lines of the settings are nested provisions: the outer one says nothing but the period"
            )
            yield warning("incomplete", text, ROOT)
        lines = list(_lines(consent))
        for line in lines:
            yield from _without_effect(line, matrix)
        yield from _contradictions(lines, [each for other in others for each in _lines(other)])


class _Line(NamedTuple):
    path: str
    body: Body
    classes: int
    named: bool
    actors: frozenset[str | None]
    actions: frozenset[str]
    period: Period


def _lines(consent: Body) -> Iterator[_Line]:
    """The settings of a Consent; everyone is the actor None."""
    root = consent.get("provision") or {}
    bounds = read_period(root.get("period"))
    for path, body in list(provisions(root))[1:]:
        if "data" not in body:
            stated = {key_named(actor.get("reference") or {}) for actor in body.get("actor") or []}
            doing = {code for _, code in codings(body.get("action") or [])} or ACTIONS_OF.keys()
            classes = body.get("class") or []
            yield _Line(
                path,
                body,
                mask(named(classes)) if classes else ALL,
                bool(classes),
                frozenset(stated or {None}),
                frozenset(code for code in ACTIONS_OF if code in doing),
                read_period(body.get("period")).within(bounds),
            )


def _burden(provision: Body, path: str) -> Iterator[Remark]:
    if "carer-burden" in named(provision.get("class") or []):
        text = (
            "`carer-burden` has no effect here: only the carer opens the own entries, with kind `carer-share`"
        )
        yield warning("business-rule", text, f"{path}.class")


def _without_effect(line: _Line, matrix: Matrix) -> Iterator[Remark]:
    if not is_about_care(line.body):
        text = "a setting for another purpose than care has no effect here"
        yield warning("business-rule", text, f"{line.path}.purpose")
    for number, actor in enumerate(line.body.get("actor") or []):
        if type_named(actor["reference"]) == "Patient" or role_named(actor["reference"]) == "person":
            text = "nobody's setting changes the person's own access"
            yield warning("business-rule", text, f"{line.path}.actor[{number}]")
    if line.body.get("type") == "permit" and line.named and "access" in line.actions:
        for category in codes(line.classes & ~mask(["carer-burden"])):
            ceilings = {matrix.cell(category, role).read_ceiling for role in _candidates(line)}
            if "all" not in ceilings:
                reach = "only the entries that concern them" if "own" in ceilings else "nothing"
                text = f"this goes past the ceiling of `{category}`: it opens {reach} for the actors it names"
                yield warning("business-rule", text, f"{line.path}.class")


def _candidates(line: _Line) -> frozenset[str]:
    """The roles that those named may have."""
    found: set[str] = set()
    for actor in line.body.get("actor") or []:
        role = role_named(actor["reference"])
        found.update([role] if role else _MAY_BE.get(type_named(actor["reference"]) or "", _ANY_ROLE))
    return frozenset(found or _ANY_ROLE)


def _contradictions(lines: Sequence[_Line], others: Sequence[_Line]) -> Iterator[Remark]:
    """Of a permit and a deny that say the same of the same: the deny decides."""
    for permit, deny in product([*lines, *others], repeat=2):
        if (permit in lines or deny in lines) and _contradict(permit, deny):
            text = "a permit and a deny here are equally specific: the deny decides; leave out one of them"
            yield warning("conflict", text, (permit if permit in lines else deny).path)


def _contradict(permit: _Line, deny: _Line) -> bool:
    both = permit.period.within(deny.period)
    return (
        (permit.body.get("type"), deny.body.get("type")) == ("permit", "deny")
        and permit.named == deny.named
        and bool(permit.classes & deny.classes)
        and bool(permit.actors & deny.actors)
        and bool(permit.actions & deny.actions)
        and (both.start is None or both.end is None or both.start < both.end)
    )
