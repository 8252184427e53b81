"""Steps by which software and server get to know each other: discovery, registration, a first login, a first token."""

from __future__ import annotations

from authlib.oauth2.rfc7523.client import ASSERTION_TYPE

from dzop.gp_sim.answers import Failed, entries, expect, json_of, member
from dzop.gp_sim.app import app_metadata, who_is
from dzop.gp_sim.care import Care
from dzop.gp_sim.known import APP_SCOPE, LOGIN_SCOPE, SYSTEM_SCOPE, TIMEOUT, Known
from dzop.gp_sim.registration import ORGANIZATION, registered
from dzop.gp_sim.server import discovered
from dzop.gp_sim.system import assertion, new_key, system_client, system_metadata


def discover(known: Known) -> str:
    """Reads where everything is, from the one address that is known."""
    known.server = discovered(known.http, known.fhir)
    return f"the server of {known.server.issuer}"


def look_up_fhir(known: Known) -> str:
    """Makes sure that it is R4, and that the address is the one tokens are for."""
    told = json_of(expect(known.http.get(f"{known.fhir}/metadata"), 200))
    version = member(told, "fhirVersion", "the CapabilityStatement")
    if not version.startswith("4.0"):
        raise Failed(f"it speaks FHIR {version}, and not R4")
    # Tokens are for one audience, which has one name.
    if (name := told.get("implementation", {}).get("url", known.fhir)) != known.fhir:
        raise Failed(f"it calls itself {name}: give that address")
    return f"FHIR {version}"


def register_app(known: Known) -> str:
    """Registers the app, which keeps no secret."""
    metadata = app_metadata("GP example: patient view", APP_SCOPE)
    known.registrations["app"] = registered(known.http, known.server, metadata)
    return f"as {known.registrations['app'].client_id}"


def log_in(known: Known) -> str:
    """Somebody logs in on their own (standalone launch): who they are, and which practice is theirs."""
    app = known.new_app()
    told = known.through_pages(app, LOGIN_SCOPE)
    known.user_reference = who_is(told, known.server, app)
    found = app.get(f"{known.fhir}/PractitionerRole", params={"practitioner": known.user_reference})
    roles = entries(json_of(expect(found, 200)), ["PractitionerRole"])
    if not roles:
        raise Failed(f"{known.user_reference} works for no organisation")
    known.practice = member(roles[0].get("organization", {}), "reference", "the role of who logged in")
    return f"as {known.user_reference}, who works for {known.practice}"


def register_system(known: Known) -> str:
    """Makes a key, and registers the software that has it."""
    known.key = new_key()
    metadata = {
        **system_metadata(known.key, "GP example: practice software", SYSTEM_SCOPE),
        ORGANIZATION: known.practice,
    }
    known.registrations["system"] = registered(known.http, known.server, metadata)
    return f"as {known.registrations['system'].client_id}, with an ES384 key"


def get_system_token(known: Known) -> str:
    """Gets a token for the key (client credentials)."""
    client_id = known.registrations["system"].client_id
    client = system_client(known.server, client_id, known.key, SYSTEM_SCOPE, TIMEOUT)
    known.system = known.opened.enter_context(client)
    told = known.system.fetch_token()
    known.care = Care(known.system, known.fhir, known.practice)
    return f"for {told.get('expires_in')} seconds"


def send_twice(known: Known) -> str:
    """Proves the same thing twice, as a thief would."""
    client_id = known.registrations["system"].client_id
    form = {
        "grant_type": "client_credentials",
        "scope": SYSTEM_SCOPE,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(known.server, client_id, known.key),
    }
    expect(known.http.post(known.server.token, data=form), 200)
    expect(known.http.post(known.server.token, data=form), 400, 401)
    return "the second time it is refused"
