"""An app of somebody else, with the official SMART client, in a real browser: what persons allow is what it gets."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from e2e.third_party import SmartApp, served
from playwright.sync_api import Browser, Page, expect
from serving import PROJECT, Server, environment, eventually

JET, AN, DOCTOR = "Patient/jet-peeters", "RelatedPerson/an-peeters", "Practitioner/dr-van-acker"
CLAIRE, MARC = "RelatedPerson/claire-dubois", "marc-dubois"
SCOPE = "openid fhirUser launch/patient offline_access patient/Patient.rs patient/Goal.cruds"
PASSWORD = "vier paarden op een dijk"
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def app(base_url: str) -> Iterator[SmartApp]:
    """The app, registered by itself, at an origin of its own."""
    with served() as app:
        app.register(f"{base_url}/auth")
        app.scope = SCOPE
        yield app


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Opens an address in a browser of its own."""
    opened = []

    def open_page(address: str, locale: str = "nl-BE") -> Page:
        context = chromium.new_context(locale=locale)
        context.set_default_timeout(10_000)
        opened.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture(scope="module")
def account(server: Server) -> Iterator[str]:
    """Somebody who cares for two persons, logging in with a password."""
    name = "an.en.claire"
    _command(server, "account", "add", name, "--for", AN, "--for", CLAIRE, typed=PASSWORD)
    yield name
    _command(server, "account", "remove", name)


def _command(server: Server, *arguments: str, typed: str = "") -> None:
    subprocess.run(
        [sys.executable, "-m", "dzop", *arguments],
        cwd=server.var.parent,
        env=environment(PYTHONPATH=PROJECT, DZOP_SANDBOX="1"),
        input=f"{typed}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def press(page: Page, name: str, value: str) -> None:
    page.locator(f'button[name="{name}"][value="{value}"]').click()


def told(page: Page) -> dict[str, Any]:
    """What the app says that it got."""
    page.wait_for_url("**/index.html*")
    expect(page.locator("#told")).to_contain_text("{")
    answer: dict[str, Any] = json.loads(page.locator("#told").inner_text())
    return answer


def allow(page: Page) -> dict[str, Any]:
    press(page, "decision", "allow")
    return told(page)


def log_in(page: Page, person: str) -> Page:
    """Logs in as somebody of the sandbox, whatever other ways there are."""
    page.wait_for_url("**/auth/login?*")
    page.goto(f"{page.url}&means=sandbox")
    press(page, "person", person)
    return page


def log_in_with_password(page: Page, account: str) -> None:
    page.locator("a.choice", has_text="wachtwoord").first.click()
    page.get_by_role("link", name="English").click()
    page.get_by_label("Name").fill(account)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def logged_in(visit: Visit, app: SmartApp, base_url: str, person: str) -> Page:
    """The page after the login of this person, who opened the app by themselves."""
    return log_in(visit(app.launch_address(f"{base_url}/fhir")), person)


def test_a_person_allows_an_app_to_use_their_plan(visit: Visit, app: SmartApp, base_url: str) -> None:
    answer = allow(logged_in(visit, app, base_url, JET))
    got = tuple(answer[each] for each in ("patient", "user", "name", "scope"))
    assert ("jet-peeters", JET, "Peeters", SCOPE) == got


def test_a_professional_chooses_whose_plan_the_app_opens(visit: Visit, app: SmartApp, base_url: str) -> None:
    page = logged_in(visit, app, base_url, DOCTOR)
    press(page, "patient", "jet-peeters")
    answer = allow(page)
    assert ("jet-peeters", DOCTOR) == (answer["patient"], answer["user"])


def test_a_carer_of_several_chooses_as_whom_and_so_whose_plan(
    visit: Visit, app: SmartApp, base_url: str, account: str
) -> None:
    page = visit(app.launch_address(f"{base_url}/fhir"))
    log_in_with_password(page, account)
    press(page, "subject", CLAIRE)
    answer = allow(page)
    assert (MARC, CLAIRE) == (answer["patient"], answer["user"])


def test_a_carer_of_several_changes_between_them_in_the_portal(
    visit: Visit, base_url: str, account: str
) -> None:
    page = visit(f"{base_url}/portal/")
    page.locator("#log-in").click()
    log_in_with_password(page, account)
    press(page, "subject", AN)
    expect(page.locator("h1")).to_have_text("Het plan van Jet Peeters")
    page.locator("#switch").click()
    press(page, "subject", CLAIRE)
    expect(page.locator("h1")).to_have_text("Het plan van Marc Dubois")


def test_the_language_chosen_on_one_page_is_that_of_the_next(
    visit: Visit, app: SmartApp, base_url: str
) -> None:
    page = visit(app.launch_address(f"{base_url}/fhir"))
    page.get_by_role("link", name="Deutsch").click()
    page.wait_for_url("**ui_locales=de*")
    log_in(page, DOCTOR)
    expect(page.locator("h1")).to_have_text("Wessen Plan?")
    press(page, "patient", "jet-peeters")
    expect(page.locator("h1")).to_have_text("Darf diese App das?")


def test_who_does_not_allow_it_sends_the_app_away_with_nothing(
    visit: Visit, app: SmartApp, base_url: str
) -> None:
    page = logged_in(visit, app, base_url, JET)
    press(page, "decision", "refuse")
    assert "access_denied" in told(page)["error"]


def test_without_the_tick_the_app_only_reads(visit: Visit, app: SmartApp, base_url: str) -> None:
    page = logged_in(visit, app, base_url, JET)
    page.locator("input[name=change]").uncheck()
    assert SCOPE.replace("cruds", "rs") == allow(page)["scope"]


def test_without_the_tick_the_app_does_not_go_on_alone(visit: Visit, app: SmartApp, base_url: str) -> None:
    page = logged_in(visit, app, base_url, JET)
    page.locator("input[name=offline]").uncheck()
    answer = allow(page)
    assert (False, SCOPE.replace("offline_access ", "")) == (answer["canRefresh"], answer["scope"])


def test_the_official_client_gets_new_tokens_by_itself(visit: Visit, app: SmartApp, base_url: str) -> None:
    page = logged_in(visit, app, base_url, JET)
    allow(page)
    assert ([True, True], 200) == (
        [page.evaluate("app.refresh()"), page.evaluate("app.refresh()")],
        page.evaluate("app.status('Patient/jet-peeters')"),
    )


def test_the_app_reaches_no_more_than_was_allowed(visit: Visit, app: SmartApp, base_url: str) -> None:
    page = logged_in(visit, app, base_url, JET)
    allow(page)
    reached = [page.evaluate("app.goals()") > 0, page.evaluate("app.status('Task?patient=jet-peeters')")]
    assert [True, 403] == reached


def test_software_of_a_professional_opens_the_app_on_the_plan_it_has_open(
    visit: Visit, app: SmartApp, server: Server
) -> None:
    launch = launched(server, app, patient="jet-peeters", need_patient_banner=False)
    page = visit(launch)
    log_in(page, DOCTOR)
    answer = allow(page)
    assert ("jet-peeters", DOCTOR, False) == tuple(answer[each] for each in ("patient", "user", "banner"))


def test_a_launch_works_once(visit: Visit, app: SmartApp, server: Server) -> None:
    launch = launched(server, app, patient="jet-peeters")
    page = visit(launch)
    log_in(page, DOCTOR)
    allow(page)
    page.goto(launch)
    assert "used before" in allow(page)["error"]


def launched(server: Server, app: SmartApp, **context: Any) -> str:
    """Where the software of the doctor opens the app."""
    token = server.token(DOCTOR, scope="launch user/*.cruds")
    answer = httpx.post(
        f"{server.url}/auth/launch",
        headers={"Authorization": f"Bearer {token}"},
        json={"client_id": app.client_id, **context},
    )
    assert answer.status_code == 201, answer.text
    address: str = answer.json()["launch_url"]
    return address


def test_what_was_allowed_is_taken_back_on_the_page_of_ones_own(
    visit: Visit, app: SmartApp, base_url: str
) -> None:
    page = logged_in(visit, app, base_url, JET)
    allow(page)
    own = page.context.new_page()
    own.goto(f"{base_url}/auth/account")
    press(own, "forget", app.client_id)
    expect(own.get_by_text("U hebt geen enkele app toegelaten.")).to_be_visible()
    eventually(lambda: page.evaluate("app.status('Patient/jet-peeters')") == 401, within=1)


def test_logging_out_of_the_app_ends_the_login_and_the_token(
    visit: Visit, app: SmartApp, base_url: str
) -> None:
    page = logged_in(visit, app, base_url, JET)
    page.locator("input[name=offline]").uncheck()
    allow(page)
    token = page.evaluate(
        "JSON.parse(sessionStorage[sessionStorage.SMART_KEY.slice(1, -1)]).tokenResponse.access_token"
    )
    page.evaluate(f"app.logOut('{base_url}/auth/logout')")
    told(page)
    headers = {"Authorization": f"Bearer {token}"}
    eventually(
        lambda: httpx.get(f"{base_url}/fhir/Patient/jet-peeters", headers=headers).status_code == 401,
        within=1,
    )
