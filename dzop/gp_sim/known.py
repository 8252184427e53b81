"""What the example has learnt so far, and what several of its steps do."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from joserfc.jwk import ECKey

from dzop.gp_sim.answers import Failed
from dzop.gp_sim.app import logged_in, new_app
from dzop.gp_sim.care import Care
from dzop.gp_sim.oauth import OAuth2Client
from dzop.gp_sim.pages import Pages
from dzop.gp_sim.registration import Registration
from dzop.gp_sim.server import Server

__all__ = ["APP_SCOPE", "LAUNCH_SCOPE", "LOGIN_SCOPE", "SYSTEM_SCOPE", "TIMEOUT", "Known"]

SYSTEM_SCOPE: Final = "system/Patient.crus system/CarePlan.rs system/Goal.crus system/Task.crus"
LOGIN_SCOPE: Final = "openid fhirUser user/PractitionerRole.rs user/Organization.rs"
LAUNCH_SCOPE: Final = (
    "openid fhirUser launch offline_access patient/Patient.rs patient/CarePlan.rs patient/Goal.rs"
)
APP_SCOPE: Final = " ".join(dict.fromkeys(f"{LOGIN_SCOPE} {LAUNCH_SCOPE}".split()))
TIMEOUT: Final = 15.0
"""Seconds that any one request may take."""
_REVOKED_WITHIN: Final = 5.0


@dataclass(slots=True)
class Known:
    """A step fills in what later ones use. `opened` holds what is closed at the end."""

    fhir: str
    user: str
    persons: Sequence[str]
    http: httpx.Client
    opened: ExitStack
    server: Server = field(init=False)
    key: ECKey = field(init=False)
    registrations: dict[str, Registration] = field(default_factory=dict)
    user_reference: str = field(init=False)
    practice: str = field(init=False)
    system: OAuth2Client = field(init=False)
    care: Care = field(init=False)
    person: str = field(init=False)
    goal: str = field(init=False)
    task: dict[str, Any] = field(init=False)
    launch: str = field(init=False)
    app: OAuth2Client = field(init=False)

    def new_app(self) -> OAuth2Client:
        """The registered app, before anybody has logged in."""
        client_id = self.registrations["app"].client_id
        app: OAuth2Client = self.opened.enter_context(new_app(self.server, client_id, TIMEOUT))
        return app

    def through_pages(self, app: OAuth2Client, scope: str, **asked: str) -> Mapping[str, Any]:
        """What the token endpoint answers after the user has logged in and allowed it."""
        pages = Pages(TIMEOUT)
        try:
            choices = {"person": self.user, "decision": "allow"}
            return logged_in(app, self.server, pages, scope, choices, **asked)
        finally:
            pages.close()

    def until_unusable(self, token: str) -> str:
        """Asks until the token is refused: every process of a server may take a moment to hear of it."""
        until = time.monotonic() + _REVOKED_WITHIN
        while time.monotonic() < until:
            answer = self.http.get(f"{self.fhir}/Patient", headers={"Authorization": f"Bearer {token}"})
            if answer.status_code == 401:
                return "the token is worth nothing any more"
            time.sleep(0.1)
        raise Failed(f"the token still works {_REVOKED_WITHIN:.0f} seconds later")
