"""Steps around an app that the software opens: launch, login, refresh, and the end of it all."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, urlsplit

from dzop.gp_sim.answers import Failed, expect, json_of, member
from dzop.gp_sim.known import LAUNCH_SCOPE, Known
from dzop.gp_sim.oauth import OAuthError

_JSON: Final = {"Content-Type": "application/json", "Accept": "application/json"}


def launch(known: Known) -> str:
    """Says that the plan is open, and for which app."""
    body = {
        "patient": known.person.partition("/")[2],
        "user": known.user_reference,
        "client_id": known.registrations["app"].client_id,
        "need_patient_banner": False,
    }
    told = json_of(expect(known.system.post(known.server.launch, json=body, headers=_JSON), 201))
    opened = parse_qs(urlsplit(member(told, "launch_url", "the answer to the launch")).query)
    if opened.get("iss") != [known.fhir]:
        raise Failed("the launch names another FHIR base (`iss`)")
    known.launch = opened["launch"][0]
    return f"valid for {told.get('expires_in')} seconds"


def log_in_launched(known: Known) -> str:
    """The app gets tokens for what is open."""
    known.app = known.new_app()
    told = known.through_pages(known.app, LAUNCH_SCOPE, launch=known.launch)
    if f"Patient/{told.get('patient')}" != known.person or told.get("need_patient_banner") is not False:
        raise Failed("the app is not told which person the software has open")
    return f"for {known.person}, and no other"


def read_in_app(known: Known) -> str:
    """Reads the person with the token of the app."""
    person = json_of(expect(known.app.get(f"{known.fhir}/{known.person}"), 200))
    return f"{person.get('resourceType')} {person.get('id')}"


def refresh(known: Known) -> str:
    """Gets new tokens for the refresh token."""
    before = dict(known.app.token)
    known.app.refresh_token(known.server.token)
    if known.app.token.get("refresh_token") == before.get("refresh_token"):
        raise Failed("the refresh token was not replaced")
    expect(known.app.get(f"{known.fhir}/{known.person}"), 200)
    return "new tokens, with another refresh token"


def introspect(known: Known) -> str:
    """Asks what a token of its own says."""
    # A client may ask only about tokens of its own; for all others the answer is that they are not active.
    token = known.system.token["access_token"]
    told = json_of(known.system.introspect_token(known.server.introspection, token=token))
    if told.get("active") is not True or told.get("sub") != known.practice:
        raise Failed("the token is not described as it is")
    return f"the software's token is active, for {known.practice}"


def revoke(known: Known) -> str:
    """Hands a token back."""
    token = known.app.token["access_token"]
    expect(known.app.revoke_token(known.server.revocation, token=token), 200)
    return known.until_unusable(token)


def remove_app(known: Known) -> str:
    """Takes the registration of the app back."""
    known.registrations["app"].removed(known.http)
    return "its registration is gone"


def remove_system(known: Known) -> str:
    """Takes the registration of the software back."""
    known.registrations["system"].removed(known.http)
    return "its registration is gone"


def use_removed(known: Known) -> str:
    """Uses what was given to software that is registered no more."""
    told = known.until_unusable(known.system.token["access_token"])
    try:
        known.system.fetch_token()
    except OAuthError:
        return f"{told}, and there is no other"
    raise Failed("software that is registered no more still gets a token")
