"""The portal in a real browser, against the real service: what Jet, An and their doctor see."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from e2e.portal_pages import Visit, choose, log_in, overflow, violations
from playwright.sync_api import Route, expect
from pypdf import PdfReader

JET, AN, DOCTOR = "Patient/jet-peeters", "RelatedPerson/an-peeters", "Practitioner/dr-van-acker"
NEIGHBOUR, EXCLUDED_SISTER = "RelatedPerson/louis-maes", "RelatedPerson/lies-wouters"
MARKET = "Elke zondag met Louis naar de markt kunnen blijven gaan."
WALKING = "Tegen 1 maart 300 meter stappen met mijn rollator, tot aan het marktplein."


def test_jet_reads_her_plan_under_her_own_words(visit: Visit) -> None:
    page = log_in(visit(), JET)
    assert (page.title(), page.locator("h1").inner_text()) == ("Mijn plan", "Mijn plan")


def test_life_goals_come_first_and_are_larger_than_what_serves_them(visit: Visit) -> None:
    page = log_in(visit(), JET)
    life = page.locator(".life-goal > h3").first
    serving = page.locator(".life-goal h4").first
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    assert life.evaluate(size) > serving.evaluate(size)


def test_a_care_goal_and_its_task_stand_under_the_life_goal_they_serve(visit: Visit) -> None:
    page = log_in(visit(), JET)
    market = page.locator(".life-goal", has=page.get_by_role("heading", name=MARKET))
    walking = market.locator(".goal", has=page.get_by_role("heading", name=WALKING))
    expect(walking.locator(".tasks")).to_contain_text("Bram De Clercq")


def test_jet_sees_her_messages_newest_first(visit: Visit) -> None:
    page = log_in(visit(), JET)
    times = page.locator(".messages time").evaluate_all("all => all.map(each => Date.parse(each.dateTime))")
    assert times == sorted(times, reverse=True) != []


def test_jet_sees_her_team_with_names_and_roles(visit: Visit) -> None:
    page = log_in(visit(), JET)
    coordinator = page.locator(".team > li", has_text="Katrien Baert")
    expect(coordinator).to_contain_text("zorgcoördinator")


def test_jet_sees_that_she_shares_her_plan(visit: Visit) -> None:
    page = log_in(visit(), JET)
    expect(page.locator("#sharing .sharing.on")).to_have_text("U deelt uw plan met uw team.")


def test_an_sees_whose_plan_it_is_and_her_own_name(visit: Visit) -> None:
    page = log_in(visit(), AN)
    expect(page.locator("h1")).to_have_text("Het plan van Jet Peeters")
    expect(page.locator(".who")).to_have_text("U bent ingelogd als An Peeters")


def test_an_sees_the_life_goals_of_her_mother(visit: Visit) -> None:
    page = log_in(visit(), AN)
    expect(page.locator(".life-goal > h3", has_text=MARKET)).to_have_count(1)


def test_the_neighbour_sees_the_goal_he_helps_with_and_no_care_goal(visit: Visit) -> None:
    page = log_in(visit(), NEIGHBOUR)
    seen = (page.locator(".life-goal > h3").all_inner_texts(), page.locator(".goal").count())
    assert seen == ([MARKET], 0)


def test_an_excluded_sister_sees_nothing_and_no_reason(visit: Visit) -> None:
    page = visit()
    choose(page, EXCLUDED_SISTER)
    expect(page.locator("main .lead")).to_have_text("Er is hier nu niets wat u kunt zien.")


def test_the_doctor_chooses_a_person_first(visit: Visit) -> None:
    page = visit()
    choose(page, DOCTOR)
    page.locator(".people button", has_text="Jet Peeters").click()
    expect(page.locator("h1")).to_have_text("Het plan van Jet Peeters")


def test_the_portal_under_another_name_leads_to_the_one_that_can_log_in(visit: Visit, base_url: str) -> None:
    page = visit()
    page.goto(f"{base_url.replace('127.0.0.1', 'localhost')}/portal/")
    page.locator("#log-in").click()
    page.wait_for_url(f"{base_url}/portal/")
    log_in(page, JET)
    expect(page.locator("h1")).to_have_text("Mijn plan")


def test_everything_comes_from_the_public_api(visit: Visit, base_url: str) -> None:
    page = visit()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    log_in(page, JET)
    assert [
        url for url in requested if not re.match(rf"{re.escape(base_url)}/(fhir|auth|portal)/", url)
    ] == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1100, 320])
def test_the_plan_has_no_known_barrier(visit: Visit, width: int, dark: bool) -> None:
    page = log_in(visit(width=width, dark=dark), JET)
    assert violations(page) == []


def test_the_pages_before_it_have_no_known_barrier(visit: Visit) -> None:
    page = visit()
    page.locator("#log-in").wait_for()
    welcome = violations(page)
    page.locator("#log-in").click()
    page.locator("button[name=person]").first.wait_for()
    assert (welcome, violations(page)) == ([], [])


def test_nothing_runs_off_a_narrow_screen(visit: Visit) -> None:
    page = visit(width=320)
    page.locator("#log-in").click()
    page.locator("button[name=person]").first.wait_for()
    login = overflow(page)
    page.locator(f'button[value="{JET}"]').click()
    page.locator("#goals").wait_for()
    assert (login, overflow(page)) == (0, 0)


def test_the_keyboard_is_enough(visit: Visit) -> None:
    page = visit()
    page.locator("#log-in").focus()
    page.keyboard.press("Enter")
    page.locator(f'button[value="{JET}"]').focus()
    page.keyboard.press("Enter")
    page.locator("#goals").wait_for()
    page.get_by_role("link", name="Berichten").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_be_focused()


def test_the_first_tab_leads_past_the_bar(visit: Visit) -> None:
    page = visit()
    page.locator("#log-in").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_the_heading_is_read_out_when_the_plan_appears(visit: Visit) -> None:
    page = log_in(visit(), JET)
    assert page.evaluate("document.activeElement.tagName") == "H1"


@pytest.mark.parametrize(
    ("name", "language", "title"),
    [("English", "en", "My plan"), ("Français", "fr", "Mon plan"), ("Deutsch", "de", "Mein Plan")],
)
def test_another_language_changes_the_page_and_its_language(
    visit: Visit, name: str, language: str, title: str
) -> None:
    page = log_in(visit(), JET)
    page.get_by_role("button", name=name).click()
    expect(page.locator("h1")).to_have_text(title)
    assert (language, title) == (page.locator("html").get_attribute("lang"), page.title())


def test_codes_are_called_as_the_server_calls_them_in_every_language(visit: Visit) -> None:
    page = log_in(visit(), JET)
    kinds = page.locator(".goal > .kind").first
    dutch = kinds.inner_text()
    page.get_by_role("button", name="Français").click()
    assert (dutch.split("\n"), kinds.inner_text().split("\n")) == (
        ["Zorgdoel", "het gaat beter"],
        ["Objectif de soins", "cela va mieux"],
    )


def test_what_codes_are_called_is_asked_once(visit: Visit) -> None:
    page, asked = visit(), list[str]()
    page.on("request", lambda request: asked.append(request.url) if "$expand" in request.url else None)
    log_in(page, JET)
    page.get_by_role("button", name="Deutsch").click()
    page.reload()
    page.locator("#goals").wait_for()
    assert len(asked) == 1


@pytest.mark.parametrize("answer", [{"status": 500, "body": "{}"}, {"status": 403, "json": {}}, {"json": {}}])
def test_without_words_a_code_is_shown_as_it_is(visit: Visit, answer: dict[str, Any]) -> None:
    page = visit()
    page.route("**/fhir/ValueSet/$expand", lambda route: route.fulfill(**answer))
    log_in(page, JET)
    assert page.locator(".goal > .kind").first.inner_text().split("\n") == ["Care goal", "improving"]


def test_the_words_of_the_plan_keep_the_language_they_were_written_in(visit: Visit) -> None:
    page = log_in(visit(locale="en-GB"), JET)
    assert page.locator(".life-goal > h3 span").first.get_attribute("lang") == "nl"


def test_the_login_page_speaks_the_language_of_the_portal(visit: Visit) -> None:
    page = visit(locale="de-BE")
    page.locator("#log-in").click()
    expect(page.locator("h1")).to_have_text("Wer sind Sie?")


def test_logging_out_leaves_nothing_behind(visit: Visit) -> None:
    page = log_in(visit(), JET)
    page.locator("#log-out").click()
    page.locator("#log-in").wait_for()
    page.reload()
    page.locator("#log-in").wait_for()
    assert page.evaluate("[sessionStorage.length, document.body.innerText.includes('Jet')]") == [0, False]


def test_logging_out_ends_the_login_itself(visit: Visit) -> None:
    page = log_in(visit(), JET)
    page.locator("#log-out").click()
    expect(page.get_by_role("status")).to_have_text("U bent uitgelogd. Tot de volgende keer.")
    page.locator("#log-in").click()
    expect(page.locator("h1")).to_have_text("Wie bent u?")


def test_who_is_still_logged_in_need_not_do_so_again(visit: Visit, base_url: str) -> None:
    page = log_in(visit(), JET)
    page.evaluate("sessionStorage.clear()")
    page.reload()
    page.locator("#log-in").click()
    expect(page.locator("h1")).to_have_text("Mijn plan")


def test_a_token_that_is_over_is_replaced_while_the_login_lasts(visit: Visit) -> None:
    page = log_in(visit(), JET)
    page.evaluate(
        """() => {
            const key = JSON.parse(sessionStorage.SMART_KEY);
            const state = JSON.parse(sessionStorage[key]);
            sessionStorage[key] = JSON.stringify({ ...state, expiresAt: 0 });
        }"""
    )
    with page.expect_request("**/auth/token") as renewed:
        page.reload()
    page.locator("#goals").wait_for()
    assert "grant_type=refresh_token" in (renewed.value.post_data or "")


def test_an_answer_of_another_server_logs_nobody_in(visit: Visit, base_url: str) -> None:
    page = visit()
    page.goto(f"{base_url}/portal/?code=x&state=y&iss=https%3A%2F%2Felsewhere.example")
    expect(page.get_by_role("status")).to_have_text("U bent niet ingelogd.")


def test_the_way_to_one_s_own_logins_and_back(visit: Visit) -> None:
    page = log_in(visit(locale="de-BE"), JET)
    page.locator("#account").click()
    expect(page.locator("h1")).to_have_text("Meine Anmeldungen und Apps")
    page.get_by_role("link", name="Weiter zum Portal").click()
    expect(page.locator("h1")).to_have_text("Mein Plan")


def test_the_code_does_not_stay_in_the_address(visit: Visit, base_url: str) -> None:
    page = log_in(visit(), JET)
    assert page.url == f"{base_url}/portal/"


def test_who_would_rather_not_log_in_comes_back(visit: Visit) -> None:
    page = visit()
    page.locator("#log-in").click()
    page.locator("button[name=cancel]").click()
    expect(page.get_by_role("status")).to_have_text("U bent niet ingelogd.")


def test_when_the_token_is_over_the_portal_asks_to_log_in_again(visit: Visit) -> None:
    page = visit()
    page.route("**/fhir/Task?*", lambda route: route.fulfill(status=401, body="{}"))
    choose(page, JET)
    expect(page.get_by_role("status")).to_have_text("U was een tijd weg. Log opnieuw in om verder te gaan.")


def test_when_the_service_fails_the_portal_says_so_and_can_try_again(visit: Visit) -> None:
    page = visit()
    page.route("**/fhir/Task?*", lambda route: route.fulfill(status=500, body="{}"), times=1)
    choose(page, JET)
    page.get_by_role("button", name="Probeer opnieuw").click()
    expect(page.locator("h1")).to_have_text("Mijn plan")


def test_who_may_see_little_gets_a_page_without_errors(visit: Visit) -> None:
    page = visit()
    page.route(re.compile(r"/fhir/(Goal|Task|CareTeam|Communication|Appointment|Consent)\?"), _found_nothing)
    log_in(page, AN)
    expect(page.locator("#sharing")).to_contain_text("U kunt niet zien met wie Jet Peeters het plan deelt.")


def test_markup_in_a_goal_is_shown_as_it_was_typed(visit: Visit) -> None:
    page = visit()
    page.route("**/fhir/Goal?*", _with_markup)
    log_in(page, JET)
    typed = "<img src=x onerror=document.title='gone'>"
    expect(page.locator(".life-goal > h3").first).to_have_text(typed)


def test_paper_shows_what_the_screen_folds_away(visit: Visit) -> None:
    page = log_in(visit(), JET)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0


def _found_nothing(route: Route) -> None:
    route.fulfill(json={"resourceType": "Bundle", "type": "searchset", "total": 0})


def _with_markup(route: Route) -> None:
    answer = route.fetch()
    bundle = json.loads(answer.body())
    for entry in bundle["entry"]:
        entry["resource"]["description"]["text"] = "<img src=x onerror=document.title='gone'>"
    route.fulfill(response=answer, json=bundle)


def test_jet_downloads_her_plan_to_print(visit: Visit) -> None:
    page = log_in(visit(), JET)
    with page.expect_download() as downloading:
        page.locator("#download-plan").click()
    download = downloading.value
    found = Path(download.path()).read_bytes()
    assert (download.suggested_filename, found[:5]) == ("plan.pdf", b"%PDF-")


def test_the_plan_to_print_is_in_the_language_of_the_page(visit: Visit) -> None:
    page = log_in(visit(locale="fr-BE"), JET)
    with page.expect_download() as downloading:
        page.locator("#download-plan").click()
    first = PdfReader(downloading.value.path()).pages[0].extract_text()
    assert "Ce qui compte pour moi" in first


def test_jet_downloads_all_that_is_kept_of_her(visit: Visit) -> None:
    page = log_in(visit(), JET)
    with page.expect_download() as downloading:
        page.locator("#download-everything").click()
    found = json.loads(Path(downloading.value.path()).read_bytes())
    assert (len(found["entry"]) > found["total"] > 20, found["entry"][0]["resource"]["id"]) == (
        True,
        "jet-peeters",
    )


def test_only_the_person_is_offered_everything(visit: Visit) -> None:
    page = log_in(visit(), AN)
    assert (page.locator("#download-plan").count(), page.locator("#download-everything").count()) == (1, 0)
