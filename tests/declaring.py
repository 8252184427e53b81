"""Declaring a relation of care or an emergency, as software of a professional does."""

from __future__ import annotations

import re
from datetime import datetime

import httpx
from persons import Person
from resources import SSIN, Resource
from serving import Service

from dzop.auth.keys import proof_key
from dzop.auth.proofs import Claim, sandbox_evidence

REFUSED = (
    b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing",'
    b'"details":{"text":"this cannot be declared: check the number and the proof, or ask the person for access"},'
    b'"diagnostics":"this cannot be declared: check the number and the proof, or ask the person for access"}]}'
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def evidence(
    service: Service, who: str, ssin: str, kind: str = "eid-reading", at: datetime | None = None
) -> str:
    """What the sandbox takes as proof, made at an instant of the service's clock."""
    return sandbox_evidence(proof_key(service.var / "keys"), Claim(ssin, who, (), kind), at or service.now())


def number(ssin: str) -> Resource:
    return {"name": "identifier", "valueIdentifier": {"system": SSIN, "value": ssin}}


def declaration(ssin: str, kind: str, evidence: str) -> Resource:
    proof = [{"name": "proof", "valueCode": kind}, {"name": "evidence", "valueString": evidence}]
    return {"resourceType": "Parameters", "parameter": [number(ssin), *proof]}


def declare(
    person: Person, name: str, kind: str = "eid-reading", *, ssin: str | None = None, text: str | None = None
) -> httpx.Response:
    """`name` declares a relation with the person, or with whoever has `ssin`, upon good evidence or upon `text`."""
    wanted = ssin or person.ssin
    text = text or evidence(person.server, person.who(name), wanted, kind)
    body = declaration(wanted, kind, text)
    return person.client(name).post("/Patient/$declare-relation", json=body)


def break_glass(
    person: Person, name: str, reason: str = "Gevonden op straat", ssin: str | None = None
) -> httpx.Response:
    why = {"name": "reason", "valueString": reason}
    body = {"resourceType": "Parameters", "parameter": [number(ssin or person.ssin), why]}
    return person.client(name).post("/Patient/$break-glass", json=body)


def values(answer: httpx.Response) -> dict[str, Resource]:
    """The parameters of an answer by name; a Reference or a Period each."""
    assert answer.status_code == 200, answer.text
    return {
        each["name"]: next(value for key, value in each.items() if key.startswith("value"))
        for each in answer.json()["parameter"]
    }


def relation(answer: httpx.Response) -> str:
    """The reference of the Consent that was made."""
    return str(values(answer)["relation"]["reference"])


def without_names(answer: httpx.Response, *ids: str) -> str:
    """The answer, headers that say when and which apart, with ids and instants made the same."""
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("date", "x-request-id", "content-length")
    }
    text = f"{answer.status_code} {headers} {answer.text}"
    for id in ids:
        text = text.replace(id, "ID")
    return _INSTANT.sub("INSTANT", _UUID.sub("ID", text))
