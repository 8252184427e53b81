"""What tests of the portal do in the browser, and how they look at a page."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from persons import FAMILY, Person
from playwright.sync_api import Page

Visit = Callable[..., Page]


def choose(page: Page, reference: str) -> None:
    page.locator("#log-in").click()
    page.locator(f'button[name=person][value="{reference}"]').click()


def log_in(page: Page, reference: str) -> Page:
    choose(page, reference)
    page.locator("#goals").wait_for()
    return page


def enter(visit: Visit, person: Person, name: str, **look: Any) -> Page:
    """Opens the portal for somebody around a person, as if just logged in."""
    url, reference = person.server.url, person.who(name)
    claims = base64.urlsafe_b64encode(json.dumps({"fhirUser": reference}).encode()).decode().rstrip("=")
    answer = {"access_token": person.server.token(reference), "id_token": f"e30.{claims}."}
    if name in ("person", *FAMILY):
        answer["patient"] = person.patient.partition("/")[2]
    state = {
        "serverUrl": f"{url}/fhir",
        "clientId": "dzop-portal",
        "tokenUri": f"{url}/auth/token",
        "expiresAt": time.time() + 3600,
        "tokenResponse": answer,
    }
    kept = json.dumps({"SMART_KEY": json.dumps("state"), "state": json.dumps(state)})
    page = visit(script=f"Object.assign(sessionStorage, {kept})", **look)
    page.locator("#goals, #people").first.wait_for()
    return page


def violations(page: Page) -> list[tuple[str, Any]]:
    found = Axe().run(page).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]


def overflow(page: Page) -> int:
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(script))
