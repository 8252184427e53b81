"""Four things must be known before there is a code: who is logged in, in which capacity they act, whose plan it is
about, and that the app may.

https://hl7.org/fhir/smart-app-launch/app-launch.html, https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest

Each step finds it out by itself, takes it from the form that was sent, or shows a page.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from dzop.auth import registry, scopes
from dzop.auth.client import Client
from dzop.auth.events import Happened
from dzop.auth.granting import consents
from dzop.auth.granting.asked import Asked, Pending
from dzop.auth.granting.redirects import see
from dzop.auth.granting.turn import RefusedError, ShownError, ToldError, Turn
from dzop.auth.pages.allowances import allowed
from dzop.auth.pages.choosing import capacity_page, persons_page
from dzop.auth.pages.consent import consent_page
from dzop.auth.sessions import Session

__all__ = ["capacity", "given", "logged_in", "person"]

_OF_PERSONS: Final = ("Patient", "RelatedPerson")


async def logged_in(turn: Turn) -> tuple[Turn, Session]:
    """Who is logged in; what was chosen or answered in another login counts no more."""
    asked = turn.pending.asked
    session = await turn.provider.login.session_of(turn.request, turn.now)
    if session is None or not asked.is_met_by(session, turn.now):
        if "none" in asked.prompt:
            raise ToldError("login_required")
        if session is not None and asked.is_answered_by(session):
            raise ToldError("unmet_authentication_requirements", "No login here does what was asked.")
        locales = turn.locales or asked.ui_locales
        query = {"pending": turn.sealed, **({"ui_locales": locales} if locales else {})}
        raise ShownError(see(f"{turn.provider.path}/login?{urlencode(query)}"))
    if turn.pending.session != session.id:
        turn = replace(turn, pending=Pending(asked, session.id), form={})
    return turn, session


async def capacity(turn: Turn, session: Session) -> Turn:
    """In which capacity they act: the only one, the one the EHR said, or the one they choose."""
    if turn.pending.subject is not None:
        return turn
    subjects = turn.pending.asked.subjects_of(session)
    if len(subjects) == 1:
        return await _acting(turn.knowing(subject=subjects[0]))
    if turn.form.get("subject") in subjects:
        return await _acting(turn.answered(subject=turn.form["subject"]))
    raise turn.shown(capacity_page(turn.place, await turn.provider.people.described(subjects)))


async def _acting(turn: Turn) -> Turn:
    if not await turn.provider.people.may_act(turn.subject, turn.now):
        raise ToldError("access_denied", "Who is logged in may not act now.")
    return turn


async def person(turn: Turn) -> Turn:
    """Whose plan it is about: as the EHR said, their own, the one they choose, or nobody's."""
    if turn.pending.is_placed:
        return turn
    asked, (kind, _, id) = turn.pending.asked, turn.subject.partition("/")
    if asked.launch is not None:
        return await _opened(turn, asked.launch["patient"])
    wanted = [scope for scope in asked.scopes if scopes.within_patient(scope)]
    if not wanted or (kind not in _OF_PERSONS and "launch/patient" not in wanted):
        return turn.knowing(is_placed=True)
    if kind == "Patient":
        return turn.knowing(patient=id, is_placed=True)
    if kind == "RelatedPerson":
        # Also one who may not read the Patient: they may see single entries, such as a task of theirs.
        related = await turn.provider.people.related_to(turn.subject)
        return turn.knowing(patient=related, is_placed=True)
    if patient := turn.form.get("patient"):
        return replace(await _opened(turn, patient), form={})
    return await _chosen(turn)


async def _opened(turn: Turn, patient: str) -> Turn:
    if not await turn.provider.people.may_open(turn.subject, patient, turn.now):
        raise ToldError("access_denied", "This plan cannot be opened.")
    return turn.knowing(patient=patient, is_placed=True)


async def _chosen(turn: Turn) -> Turn:
    text = turn.form.get("text", "")
    choices = await turn.provider.people.plans(turn.subject, turn.now, text)
    if not choices and not text:
        return turn.knowing(is_placed=True)
    raise turn.shown(persons_page(turn.place, choices, text))


async def given(turn: Turn) -> tuple[str, ...]:
    """The scopes that the app gets: those that were allowed before, or that somebody allows now."""
    asked, client = turn.pending.asked, turn.client
    wanted = _possible(turn.pending)
    if not wanted:
        raise ToldError("access_denied", "Nothing of what was asked can be given.")
    if client.is_first_party:
        return wanted
    if "decision" in turn.form:
        return await _decided(turn, wanted)
    if _may_remember(client, asked) and await consents.covers(
        turn.provider.database, client.client_id, turn.subject, wanted
    ):
        return wanted
    if "none" in asked.prompt:
        raise ToldError("consent_required")
    raise turn.shown(await _page(turn, wanted))


async def _decided(turn: Turn, wanted: tuple[str, ...]) -> tuple[str, ...]:
    is_allowed = turn.form["decision"] == "allow"
    scopes = allowed(wanted, change="change" in turn.form, offline="offline" in turn.form)
    if not is_allowed or not scopes:
        raise ToldError("access_denied")
    client_id = turn.client.client_id
    await consents.give(turn.provider.database, client_id, turn.subject, scopes, turn.now)
    happened = Happened("authorize", 200, turn.now, turn.subject, client_id, detail="consent")
    await turn.provider.events.record(happened)
    return tuple(scopes)


async def _page(turn: Turn, wanted: tuple[str, ...]) -> str:
    patient = turn.pending.patient and f"Patient/{turn.pending.patient}"
    described = await turn.provider.people.described([turn.subject, *([patient] if patient else [])])
    known = {each.reference: each for each in described}
    if turn.subject not in known:
        raise RefusedError("unknown-person")
    registered = await registry.find(turn.provider.database, turn.client.client_id)
    return consent_page(
        turn.place,
        turn.client,
        turn.pending.asked.redirect_uri,
        wanted,
        known[turn.subject],
        known.get(patient or ""),
        is_dynamic=registered is not None and registered.is_dynamic,
        offline_days=turn.provider.offline_lasts.days,
    )


def _possible(pending: Pending) -> tuple[str, ...]:
    """The scopes that come to something, now that it is known whether there is a person in context."""
    asked = pending.asked.scopes
    return asked if pending.patient else tuple(each for each in asked if not scopes.within_patient(each))


def _may_remember(client: Client, asked: Asked) -> bool:
    """Whether it need not be asked again: not where another app on the same machine may listen in place of this one.

    https://www.rfc-editor.org/rfc/rfc8252#section-8.6
    """
    is_surely_it = client.method != "none" or asked.redirect_uri.startswith("https:")
    return is_surely_it and "consent" not in asked.prompt
