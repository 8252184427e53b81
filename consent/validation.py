"""What is wrong with a Consent of one of our kinds, before it is stored; and what the person should know of it.

https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from consent.categories import ALL, CATEGORIES, SYSTEM, mask, named
from consent.decisions import DECISIONS
from consent.effects import warnings
from consent.facts import KIND_SYSTEM
from consent.matrix import ROLES, Matrix
from consent.parties import key_named, role_named, type_named
from consent.professions import ROLE_SYSTEM
from consent.relations import GROUND, PROOF, codings
from consent.remarks import ROOT, Body, Remark, coded, error, listed, provisions
from consent.settings import ACTIONS_OF

__all__ = ["GROUNDS", "KINDS", "Remark", "kinds_of", "remarks"]

GROUNDS = ("parenthood", "guardianship", "designated")
"""On what a mandate may rest."""

_PROFESSIONAL = ("Practitioner", "PractitionerRole")
_ANYONE = (*_PROFESSIONAL, "Organization", "RelatedPerson")
_NOT_READ = ("securityLabel", "code", "dataPeriod")


class _Kind(NamedTuple):
    """What a Consent of a kind must look like. `verb` is None where both have a meaning; `actors` are types,
    none where nobody needs naming.
    """

    verb: str | None
    actors: tuple[str, ...] = ()
    ends: bool = False


KINDS: Mapping[str, _Kind] = {
    "sharing": _Kind(None),
    "settings": _Kind("permit"),
    "exclusion": _Kind("deny", _ANYONE),
    "grant": _Kind("permit", _ANYONE, ends=True),
    "case-management": _Kind("permit", _PROFESSIONAL, ends=True),
    "mandate": _Kind("permit", ("RelatedPerson",)),
    "therapeutic-relation": _Kind("permit", (*_PROFESSIONAL, "Organization"), ends=True),
    "carer-share": _Kind("permit", _PROFESSIONAL),
    "break-glass": _Kind("permit", _PROFESSIONAL, ends=True),
}
"""The kinds of consent the law reads."""


def kinds_of(consent: Body) -> tuple[str, ...]:
    """The codes of our own system of kinds in `Consent.category`, without repeats, also unknown ones."""
    found = dict.fromkeys(codings(consent.get("category") or []))
    return tuple(code or "" for system, code in found if system == KIND_SYSTEM)


def remarks(
    consent: Body, matrix: Matrix, share: int = ALL, others: Sequence[Body] = ()
) -> tuple[Remark, ...]:
    """What there is to say about this Consent, errors first; nothing about one of another kind or not in force.

    `share` are the categories the writer may give away (`permitted(..., "share", ...)`: what is full, or full
    and own where everything named is the writer's own). `others` are the person's other active Consents of
    kind settings, with which this one is one list.
    """
    kinds = kinds_of(consent)
    if not kinds or consent.get("status") not in ("active", "draft", "proposed"):
        return ()
    if len(kinds) > 1 or kinds[0] not in KINDS:
        return (_category(kinds),)
    found = [*_errors(consent, kinds[0], share)]
    return tuple(found) if found else tuple(warnings(consent, kinds[0], matrix, others))


def _category(kinds: tuple[str, ...]) -> Remark:
    if len(kinds) > 1:
        text = "a Consent is of one kind: keep one of our codes in `category`, and write a Consent for each other"
        return Remark("error", "business-rule", text, "Consent.category")
    text = f"`{kinds[0]}` is no kind of consent: use one of {listed(KINDS)}"
    return Remark("error", "code-invalid", text, "Consent.category")


def _errors(consent: Body, kind: str, share: int) -> Iterator[Remark]:
    root = consent.get("provision")
    if root is None:
        yield error("required", f"a consent of kind `{kind}` has a `provision`: add it", ROOT)
        return
    yield from _shape(root, kind)
    yield from _PARTICULAR.get(kind, _nothing)(consent, root)
    for path, provision in provisions(root):
        yield from _codes(provision, path)
        yield from _actors(provision, kind, path)
        yield from _given(provision, kind, share, path)


def _shape(root: Body, kind: str) -> Iterator[Remark]:
    verb, actors, ends = KINDS[kind]
    if root.get("type") not in ((verb,) if verb else ("permit", "deny")):
        wanted = f"`{verb}`" if verb else "`permit` or `deny`"
        text = f"the provision of a consent of kind `{kind}` is of type {wanted}: change it"
        yield error("value", text, f"{ROOT}.type")
    if actors and not root.get("actor"):
        text = f"a consent of kind `{kind}` names whom it is about: add an `actor`"
        yield error("required", text, f"{ROOT}.actor")
    if ends and "end" not in (root.get("period") or {}):
        text = f"a consent of kind `{kind}` has an end: add `period.end`"
        yield error("required", text, f"{ROOT}.period.end")
    for number, nested in enumerate(root.get("provision") or []):
        path = f"{ROOT}.provision[{number}]"
        if kind != "settings":
            text = f"a consent of kind `{kind}` has one provision: write a Consent for each other"
            yield error("structure", text, path)
        if nested.get("type") not in ("permit", "deny"):
            yield error(
                "required",
                "each line of the settings permits or denies: add `permit` or `deny`",
                f"{path}.type",
            )
        if nested.get("provision"):
            text = "provisions nest one level deep: move this one up, the more specific line decides anyway"
            yield error("structure", text, f"{path}.provision")


def _codes(provision: Body, path: str) -> Iterator[Remark]:
    for number, coding in enumerate(provision.get("class") or []):
        if not named([coding]):
            text = (
                f"`{coding.get('code', '')}` is no data category: use a code of {SYSTEM}, "
                f"one of {listed(CATEGORIES)}"
            )
            yield error("code-invalid", text, f"{path}.class[{number}]")
    for number, concept in enumerate(provision.get("action") or []):
        unknown = [code for _, code in codings([concept]) if code not in ACTIONS_OF]
        if unknown or not concept.get("coding"):
            text = f"`{(unknown or [''])[0]}` is no action we know: use one of {listed(ACTIONS_OF)}"
            yield error("code-invalid", text, f"{path}.action[{number}]")
    for name in _NOT_READ:
        if name in provision:
            text = (
                f"`{name}` is not read here, so the provision would reach further than it says: leave it out"
            )
            yield error("not-supported", text, f"{path}.{name}")


def _actors(provision: Body, kind: str, path: str) -> Iterator[Remark]:
    for number, actor in enumerate(provision.get("actor") or []):
        place, reference = f"{path}.actor[{number}].reference", actor.get("reference") or {}
        role = role_named(reference)
        if not key_named(reference):
            text = (
                "an actor is named by reference or by an identifier with its system: a display names nobody"
            )
            yield error("required", text, place)
        elif role is not None and kind != "settings":
            text = f"a consent of kind `{kind}` is about somebody by name: name the actor instead of a role"
            yield error("value", text, place)
        elif role is not None and role not in ROLES:
            text = f"`{role}` is no role: use a code of {ROLE_SYSTEM}, one of {listed(ROLES)}"
            yield error("code-invalid", text, place)
        elif (allowed := KINDS[kind].actors) and type_named(reference) not in (None, *allowed):
            text = f"the actor of a consent of kind `{kind}` is one of {listed(allowed)}: name such a one"
            yield error("value", text, place)


def _given(provision: Body, kind: str, share: int, path: str) -> Iterator[Remark]:
    """Single entries and categories that are given away."""
    if "data" in provision:
        if kind not in ("grant", "settings") or provision.get("type") != "permit":
            text = "single entries can only be opened, by a permit of kind `grant` or `settings`: leave `data` out"
            yield error("business-rule", text, f"{path}.data")
        elif not provision.get("actor"):
            text = "a single entry is opened to somebody: add an `actor`"
            yield error("required", text, f"{path}.actor")
        for number, data in enumerate(provision["data"]):
            if data.get("meaning") != "instance":
                text = (
                    f"`{data.get('meaning', '')}` is not read here, only the entries that are named are opened: "
                    "use `instance`, and name each entry"
                )
                yield error("not-supported", text, f"{path}.data[{number}].meaning")
    if kind in ("grant", "settings") and provision.get("type") == "permit":
        for number, coding in enumerate(provision.get("class") or []):
            if mask(named([coding])) & ~share:
                text = f"you may not give away `{coding['code']}`: leave it out"
                yield error("forbidden", text, f"{path}.class[{number}]")


def _grant(_consent: Body, root: Body) -> Iterator[Remark]:
    if not root.get("class") and not root.get("data"):
        text = "a grant names what it opens: add the data categories to `class`, or entries to `data`"
        yield error("required", text, f"{ROOT}.class")


def _mandate(consent: Body, root: Body) -> Iterator[Remark]:
    if "sourceReference" not in consent:
        text = "a mandate rests on a document: add `sourceReference`"
        yield error("required", text, "Consent.sourceReference")
    performers = {key_named(performer) for performer in consent.get("performer") or []}
    for number, actor in enumerate(root.get("actor") or []):
        if key_named(actor.get("reference") or {}) in performers - {None}:
            text = "nobody registers the own mandate: let the person or a registrar be the `performer`"
            yield error("business-rule", text, f"{ROOT}.actor[{number}]")
    for ground in coded(consent, GROUND):
        if ground not in GROUNDS:
            text = f"`{ground}` is no ground of a mandate: use one of {listed(GROUNDS)}"
            yield error("code-invalid", text, f"Consent.extension('{GROUND}')")


def _therapeutic_relation(consent: Body, _root: Body) -> Iterator[Remark]:
    proofs = coded(consent, PROOF)
    if not [proof for proof in proofs if proof in DECISIONS.proofs]:
        text = f"a therapeutic relation rests on a proof: add one of {listed(DECISIONS.proofs)}"
        yield error("code-invalid" if proofs else "required", text, f"Consent.extension('{PROOF}')")


def _carer_share(consent: Body, _root: Body) -> Iterator[Remark]:
    if "RelatedPerson" not in [type_named(performer) for performer in consent.get("performer") or []]:
        text = "only the carer shares the own entries: name that RelatedPerson as `performer`"
        yield error("required", text, "Consent.performer")


def _break_glass(_consent: Body, root: Body) -> Iterator[Remark]:
    if "start" not in (root.get("period") or {}):
        text = "a glass is broken at an instant: add `period.start`"
        yield error("required", text, f"{ROOT}.period.start")


def _nothing(_consent: Body, _root: Body) -> Iterator[Remark]:
    yield from ()


_PARTICULAR = {
    "grant": _grant,
    "mandate": _mandate,
    "therapeutic-relation": _therapeutic_relation,
    "carer-share": _carer_share,
    "break-glass": _break_glass,
}
