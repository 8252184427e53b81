"""Whoever is invited takes the capacity up with a login that they make or have, by a code that counts once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from browsing import App
from entering import PASSWORD, Site, site
from persons import Person, new_person
from resources import consent, participant, provision, ref

OWN = "lots of green bicycles"
WRONG = "abcd-efgh-ijkm-npqr"


@pytest.fixture(scope="module")
def here(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(database, tmp_path_factory.mktemp("invitations"), trusted_proxies="127.0.0.1") as here:
        yield here


def invited(here: Site, name: str = "An Peeters", person: Person | None = None) -> tuple[str, str]:
    """Somebody whom the person invites, a while after others: nobody may invite all the time. Reference and code."""
    here.wait(minutes=5)
    whose = person or here.person
    answer = whose.client("person").post(
        f"/{whose.ref('CareTeam', 'team')}/$invite",
        json={"resourceType": "Parameters", "parameter": [{"name": "name", "valueString": name}]},
    )
    assert answer.status_code == 200, answer.text
    found = {each["name"]: each for each in answer.json()["parameter"]}
    return found["relatedPerson"]["valueReference"]["reference"], found["code"]["valueString"]


def joined(
    here: Site, code: str, name: str, password: str = OWN, again: str = OWN, **headers: str
) -> httpx.Response:
    """What answers somebody new who fills in the page."""
    browser = here.browser(**headers)
    page = browser.open("/auth/invitation")
    return browser.send(page, code=code, name=name, password=password, again=again)


def subjects(here: Site, name: str) -> list[Any]:
    return [row["subjects"] for row in here.rows("select subjects from login_account where name = $1", name)]


def known_here(here: Site, name: str, code: str) -> httpx.Response:
    """What answers somebody who logs in with their account and then types the code."""
    browser = here.browser()
    link = re.search(r'href="(/auth/login\?[^"]+)"', browser.open("/auth/invitation").text)
    assert link is not None
    login = browser.followed(browser.open(link[1].replace("&amp;", "&")))
    page = browser.followed(browser.send(login, name=name, password=PASSWORD))
    return browser.send(page, code=code)


def test_somebody_new_makes_an_account_that_holds_the_capacity(here: Site) -> None:
    related, code = invited(here)
    answer = joined(here, code, "an.new")
    assert (answer.status_code, subjects(here, "an.new")) == (303, [[related]])


def test_who_joined_logs_in_and_opens_the_plan(here: Site) -> None:
    _, code = invited(here)
    joined(here, code, "an.opens")
    browser = here.browser()
    browser.log_in("an.opens", OWN)
    app = App(browser)
    assert app.read(app.tokens(), here.person.patient) == 200


def test_a_code_is_typed_without_dashes_and_in_capitals_as_well(here: Site) -> None:
    _, code = invited(here)
    assert joined(here, code.replace("-", " ").upper(), "an.capitals").status_code == 303


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_who_joined_is_told_so(here: Site, language: str) -> None:
    page = here.browser().open("/auth/invitation/done", ui_locales=language)
    assert (page.status_code, f'<html lang="{language}">' in page.text) == (200, True)


def test_a_used_an_expired_a_replaced_and_a_guessed_code_get_the_same_answer(here: Site) -> None:
    related, replaced = invited(here)
    invited_again(here, related)
    _, used = invited(here)
    joined(here, used, "an.used")
    _, expired = invited(here)
    here.rows("update invitation set expires_at = $1 where used_at is null", here.clock())
    answers = {answered(joined(here, each, "an.late")) for each in (used, expired, replaced, WRONG)}
    assert len(answers) == 1


def invited_again(here: Site, related: str) -> httpx.Response:
    given = [{"name": "relatedPerson", "valueReference": ref(related)}]
    return here.person.client("person").post(
        f"/{here.person.ref('CareTeam', 'team')}/$invite",
        json={"resourceType": "Parameters", "parameter": given},
    )


def answered(answer: httpx.Response) -> tuple[int, str]:
    """The status and the page without what is sealed anew each time and what was typed."""
    return answer.status_code, re.sub(r'(value|href)="[^"]*"', "", answer.text)


PERIOD = {"start": "2020-01-01", "end": "2100-01-01"}


def given(here: Site, kind: str, related: str) -> None:
    """A consent of this kind names somebody."""
    roots = {
        "mandate": provision("permit", (related,), period=PERIOD),
        "grant": provision("permit", (related,), ("document",), period=PERIOD),
        "settings": provision("permit", provision=[provision("permit", (related,), ("document",))]),
        "exclusion": provision("deny", (related,)),
    }
    name = here.person.ref("Consent", f"{kind}-{related.partition('/')[2]}")
    document = ref(here.person.ref("DocumentReference", "report"))
    here.person.store(consent(name, kind, here.person.patient, roots[kind], sourceReference=document))


@pytest.mark.parametrize("kind", ["mandate", "grant", "settings", "exclusion"])
def test_a_code_is_void_once_a_consent_names_who_was_invited(here: Site, kind: str) -> None:
    related, code = invited(here)
    given(here, kind, related)
    assert (joined(here, code, f"an.{kind}").status_code, subjects(here, f"an.{kind}")) == (403, [])


def test_a_code_is_void_once_who_was_invited_coordinates(here: Site) -> None:
    person = new_person(here.service)
    related, code = invited(here, person=person)
    person.store(
        person.team(participant(related, "informal-carer"), participant(related, "care-coordinator"))
    )
    assert joined(here, code, "an.coordinates").status_code == 403


def test_a_code_is_not_void_because_the_team_changes(here: Site) -> None:
    person = new_person(here.service)
    related, code = invited(here, person=person)
    person.store(person.team(participant(related, "informal-network"), participant(person.who("gp"), "x")))
    assert joined(here, code, "an.in-the-team").status_code == 303


def test_what_is_given_to_somebody_else_leaves_a_code_as_it_was(here: Site) -> None:
    _, code = invited(here)
    given(here, "grant", here.person.who("neighbour"))
    assert joined(here, code, "an.stays").status_code == 303


def test_what_somebody_else_gives_leaves_a_code_as_it_was(here: Site) -> None:
    related, code = invited(here)
    other = new_person(here.service)
    naming = provision("deny", (related,))
    other.store(consent(other.ref("Consent", "theirs"), "exclusion", other.patient, naming))
    assert joined(here, code, "an.of-others").status_code == 303


def test_a_code_that_the_person_asks_for_knowing_what_was_given_counts(here: Site) -> None:
    related, code = invited(here)
    given(here, "grant", related)
    told = {each["name"]: each for each in invited_again(here, related).json()["parameter"]}
    tried = [joined(here, each, "an.knowing").status_code for each in (code, told["code"]["valueString"])]
    assert tried == [403, 303]


def test_who_joined_keeps_the_capacity_whatever_is_given_later(here: Site) -> None:
    related, code = invited(here)
    joined(here, code, "an.keeps")
    given(here, "grant", related)
    assert subjects(here, "an.keeps") == [[related]]


def test_an_account_holds_several_capacities(here: Site) -> None:
    name = here.account("several", "neighbour")
    related, code = invited(here)
    known_here(here, name, code)
    assert subjects(here, name) == [[here.person.who("neighbour"), related]]


def test_who_holds_several_capacities_chooses_one_at_each_login(here: Site) -> None:
    name = here.account("chooses", "neighbour")
    _, code = invited(here, "An de Dochter")
    known_here(here, name, code)
    browser = here.browser()
    browser.log_in(name, PASSWORD)
    page = App(browser).ask()
    assert ("neighbour" in page.text, "An de Dochter" in page.text) == (True, True)


def test_a_page_of_another_browser_takes_nothing_up(here: Site) -> None:
    _, code = invited(here)
    page, other = here.browser().open("/auth/invitation"), here.browser()
    other.open("/auth/invitation")
    answer = other.send(page, code=code, name="an.other", password=OWN, again=OWN)
    assert (answer.status_code, subjects(here, "an.other")) == (400, [])


def test_one_login_cares_for_several_persons_one_at_a_time(here: Site) -> None:
    name, other = here.account("both", "neighbour"), new_person(here.service)
    related, code = invited(here, person=other)
    known_here(here, name, code)
    browser = here.browser()
    browser.log_in(name, PASSWORD)
    app = App(browser)
    answer = browser.send(app.ask(), subject=related)
    while "/auth/" in answer.headers.get("location", ""):
        answer = browser.open(answer.headers["location"])
    tokens = app.redeem(answer).json()
    assert (app.read(tokens, other.patient), app.read(tokens, here.person.patient)) == (200, 404)


def test_of_several_who_use_a_code_at_once_one_joins(here: Site) -> None:
    _, code = invited(here)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: joined(here, code, f"an.race{number}"), range(4)))
    assert sorted(each.status_code for each in answers) == [303, 403, 403, 403]


def test_made_up_people_take_nothing_up(here: Site) -> None:
    browser = here.browser()
    link = re.search(r'href="(/auth/login\?[^"]+)"', browser.open("/auth/invitation").text)
    assert link is not None
    login = browser.followed(browser.open(link[1].replace("&amp;", "&")))
    assert browser.send(login, person=here.person.patient).status_code == 400


@pytest.mark.parametrize(
    ("filled", "status"),
    [
        ({"again": "another password altogether"}, 400),
        ({"password": "welkom123456", "again": "welkom123456"}, 400),
        ({"name": "no spaces here"}, 400),
        ({"name": ""}, 400),
    ],
)
def test_what_is_not_filled_in_well_costs_no_code(here: Site, filled: dict[str, str], status: int) -> None:
    _, code = invited(here)
    refused = joined(here, code, **{"name": "an.mends", **filled})
    name = f"an.mended{len(str(filled))}"
    assert (refused.status_code, joined(here, code, name).status_code) == (status, 303)


def test_a_name_that_somebody_has_costs_no_code(here: Site) -> None:
    name = here.account("taken", "gp")
    _, code = invited(here)
    refused = joined(here, code, name)
    assert (refused.status_code, joined(here, code, "an.untaken").status_code) == (409, 303)


def test_codes_are_not_tried_without_end(here: Site) -> None:
    address = {"X-Forwarded-For": "203.0.113.77"}
    for _ in range(10):
        joined(here, WRONG, "an.tries", **address)
    _, code = invited(here)
    assert joined(here, code, "an.tries", **address).status_code == 429


def test_who_tried_too_often_tries_again_after_a_while(here: Site) -> None:
    address = {"X-Forwarded-For": "203.0.113.78"}
    for _ in range(10):
        joined(here, WRONG, "an.waits", **address)
    here.wait(minutes=15)
    _, code = invited(here)
    assert joined(here, code, "an.waits", **address).status_code == 303


def test_the_person_is_told_that_somebody_joined(here: Site) -> None:
    related, code = invited(here)
    joined(here, code, "an.told")
    found = (
        here.person.client("person").get(f"/Communication?recipient={here.person.patient}").json()["entry"]
    )
    told = [each["resource"] for each in found if each["resource"].get("about") == [ref(related)]]
    assert [each["topic"]["coding"][0]["code"] for each in told] == ["invitation-taken-up"]


def test_no_code_is_kept(here: Site) -> None:
    _, code = invited(here)
    kept = here.rows("select digest from invitation where used_at is null")
    assert [row for row in kept if code.encode() in bytes(row["digest"])] == []
