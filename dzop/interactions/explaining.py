"""The operations that explain: `$explain-access`, `$who-can-see`, `$preview-as`, `$access-log`, `$what-if`.

https://hl7.org/fhir/R4/operations.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson

from dzop.access.explaining.changes import AskedChange, Change
from dzop.access.explaining.inquiry import About, Inquiry, category_mask
from dzop.access.explaining.log import Entry
from dzop.access.explaining.reasons import AskedAccess, Explained, Reason, explain
from dzop.access.explaining.sight import PREVIEWED, AskedPreview, AskedSight, Preview, Seeing, preview
from dzop.access.explaining.sight import who_can_see as sight
from dzop.access.labels import instant
from dzop.access.logged import Asked as AskedLog
from dzop.access.placement import patient_of
from dzop.access.proposal import Proposal
from dzop.fhir import json
from dzop.fhir.bundle import SearchEntry
from dzop.fhir.outcome import Invalid, Unprocessable, operation_outcome
from dzop.fhir.parameters import Given, parameters
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.explaining_parameters import Asked
from dzop.interactions.pages import Pages
from dzop.interactions.rendered import json_bytes
from dzop.interactions.resource_body import faults, may_choose_id
from terminology.content import CONTENT

Part = tuple[str, str, Any]


async def explain_access(ask: Ask, given: Given) -> Answer:
    """The decision on one entry or category for one actor, and each rule in words."""
    read = Asked(ask, given)
    resource, category = read.subject()
    action = read.code("action", CONTENT.code_systems["action"].concepts) or "read"
    role, organization = given.get("role", ""), read.organization()
    asked = AskedAccess(read.actor(), read.at(), action, resource, category, role, organization)

    async def work(inquiry: Inquiry) -> tuple[Explained, list[About]]:
        explained = await explain(inquiry, asked)
        return explained, [explained.about]

    found = await ask.service.gateway.explain(ask.call, read.question("explain-access"), work)
    return _answered(
        ("decision", "code", "permit" if found.permit else "deny"),
        ("extent", "code", found.extent),
        ("text", "string", found.text),
        *[("reason", "part", _reason(each)) for each in found.reasons],
        ("matrixVersion", "string", found.matrix_version),
    )


def _reason(each: Reason) -> list[Part]:
    return [
        ("rule", "string", each.rule),
        ("text", "string", each.text),
        ("source", "Reference", _reference(each.source)),
    ]


async def who_can_see(ask: Ask, given: Given) -> Answer:
    """Everybody who sees one entry or category, or else anything of the plan."""
    read = Asked(ask, given)
    resource, category = read.narrowed()
    since = read.since()
    asked = AskedSight(read.at(), resource, category)

    async def work(inquiry: Inquiry) -> tuple[list[Seeing], list[About]]:
        return await sight(inquiry, asked)

    found = await ask.service.gateway.explain(ask.call, read.question("who-can-see"), work)
    lately = [each for each in found if since is None or (each.since is not None and each.since >= since)]
    return _answered(*[("party", "part", _party(each)) for each in lately])


def _party(each: Seeing) -> list[Part]:
    return [
        ("actor", "Reference", _reference(each.actor)),
        ("name", "string", each.name),
        ("role", "code", each.role),
        ("organization", "Reference", _reference(each.organization)),
        ("organizationName", "string", each.organization_name),
        ("since", "instant", each.since and instant(each.since)),
        ("until", "instant", each.until and instant(each.until)),
        ("extent", "code", each.extent),
        *[("rule", "string", rule) for rule in each.rules],
        ("text", "string", each.text),
    ]


async def preview_as(ask: Ask, given: Given) -> Answer:
    """What somebody would see, as a searchset of what the asker sees too."""
    read = Asked(ask, given)
    types = given.all("type") or PREVIEWED
    if unknown := [each for each in types if each not in PREVIEWED]:
        raise Invalid(f"`{unknown[0][:64]}` is no type of a plan", expression="type")
    pages = Pages.of(ask, f"Patient/{ask.id}/$preview-as", _as_parameters(given))
    first, second = pages.behind or ("", "")
    role, organization = given.get("role", ""), read.organization()
    asked = AskedPreview(read.actor(), types, read.count(), (first, second), role, organization)

    async def work(inquiry: Inquiry) -> tuple[Preview, list[About]]:
        found = await preview(inquiry, asked)
        return found, found.about

    found = await ask.service.gateway.explain(ask.call, read.question("preview-as"), work)
    base = ask.service.base
    entries = [SearchEntry(f"{base}/{each.type}/{each.id}", each.served) for each in found.entries]
    total = None if pages.token or found.after else len(entries)
    return pages.searchset(entries, total, found.after)


def _as_parameters(given: Given) -> list[tuple[str, str]]:
    """The question as it would stand in a URL."""
    asked = [
        (name, value["reference"] if isinstance(value, dict) and "reference" in value else value)
        for name, values in given.values.items()
        for value in values
    ]
    return [(name, str(value)) for name, value in asked]


async def access_log(ask: Ask, given: Given) -> Answer:
    """The log in plain words."""
    read = Asked(ask, given)
    conditions: list[tuple[str, Sequence[Any]]] = [("patient", [ask.id])]
    if given.get("agent") is not None:
        conditions.append(("agent", [read.actor("agent")]))
    resource, category = read.narrowed()
    if resource:
        conditions.append(("entity", [resource]))
    if category:
        conditions.append(("category", [category_mask(category)]))
    asked = AskedLog(tuple(conditions), *read.days())
    question = read.question("access-log")
    lines, more = await ask.service.gateway.explained_log(ask.call, question, asked, read.count())
    return _answered(*[("entry", "part", _line(each)) for each in lines], ("more", "boolean", more))


def _line(each: Entry) -> list[Part]:
    agent = _reference(each.agent) if "/" in each.agent else None
    return [
        ("text", "string", each.text),
        ("first", "instant", instant(each.first)),
        ("last", "instant", instant(each.last)),
        ("count", "positiveInt", each.count),
        ("agent", "Reference", agent),
        ("name", "string", each.name),
        ("role", "code", each.role),
        ("organization", "Reference", _reference(each.organization)),
        ("organizationName", "string", each.organization_name),
        ("interaction", "string", each.interaction),
        *[("category", "code", code) for code in each.categories],
        ("outcome", "code", "refused" if each.refused else "done"),
        ("breakGlass", "boolean", each.break_glass),
        *[("rule", "string", rule) for rule in each.rules],
        ("reason", "string", each.reason),
    ]


async def what_if(ask: Ask, given: Given) -> Answer:
    """What would change; nothing is stored."""
    consent, removed = given.get("consent"), given.get("remove")
    if (consent is None) == (removed is None):
        raise Invalid("give either `consent` or `remove`", expression="Parameters.parameter")
    read = Asked(ask, given)
    if consent is not None:
        asked = _proposed(ask, consent, read.at())
    else:
        asked = AskedChange(read.at(), remove=read.entry("remove", ("Consent",)))
    found = await ask.service.gateway.rehearse(ask.call, read.question("what-if"), asked)
    remarks = operation_outcome(found.remarks) if found.remarks else None
    return _answered(
        ("accepted", "boolean", found.accepted),
        ("text", "string", found.text),
        *[("change", "part", _change(each)) for each in found.changes],
        ("remarks", "Resource", remarks),
    )


def _change(each: Change) -> list[Part]:
    return [
        ("actor", "Reference", _reference(each.actor)),
        ("name", "string", each.name),
        ("action", "code", each.action),
        ("before", "code", each.before),
        ("after", "code", each.after),
        *[("category", "code", code) for code in each.categories],
        ("entry", "Reference", _reference(each.entry)),
        ("text", "string", each.text),
    ]


def _proposed(ask: Ask, consent: Any, at: datetime) -> AskedChange:
    """The Consent as a create or an update would take it."""
    where = "Parameters.parameter.where(name = 'consent').resource"
    if consent.get("resourceType") != "Consent":
        raise Invalid("`consent` is a `Consent`", expression=where)
    checks = ask.service.identifier_checks
    if issues := faults(consent, is_system=ask.call.actor.is_system, checks=checks):
        raise Unprocessable(*issues)
    id = consent.get("id")
    source = json.parse(orjson.dumps(consent, default=float))
    proposal = Proposal("Consent", id or str(uuid4()), source)
    if patient_of(proposal, ask.service.base) != ask.id:
        raise Unprocessable("the Consent is about another person", expression="Consent.patient")
    may_create = id is not None and may_choose_id(replace(ask, type="Consent", id=id))
    return AskedChange(at, proposal, creates=id is None, may_create=may_create)


# -- writing parameters --------------------------------------------------------------------------------------


def _reference(reference: str | None) -> dict[str, str] | None:
    return {"reference": reference} if reference else None


def _answered(*parts: Part) -> Answer:
    answer = parameters(*parts)
    # FHIR has no empty arrays: where there is nothing to say, nothing is said.
    return Answer(200, json_bytes({name: value for name, value in answer.items() if value}))
