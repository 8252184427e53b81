"""What people do in the portal, in a real browser: tasks, messages, the journal and the team."""

from typing import Any

from e2e.portal_pages import Visit, enter, log_in, overflow, violations
from persons import Person
from playwright.sync_api import Page, expect
from resources import communication, ref, task


def of(person: Person, reference: str, name: str = "system") -> dict[str, Any]:
    """A resource as somebody reads it now."""
    found: dict[str, Any] = person.client(name).get(reference).json()
    return found


def newest(person: Person, name: str) -> dict[str, Any]:
    """What somebody wrote last."""
    found = person.client("system").get(
        "Communication", params={"sender": person.who(name), "_sort": "-sent"}
    )
    written: dict[str, Any] = found.json()["entry"][0]["resource"]
    return written


def asked(person: Person, **elements: Any) -> str:
    """A task that waits for an answer, of the nurse unless said otherwise."""
    reference = person.ref("Task", "asked")
    owner = {"owner": ref(person.who("nurse")), "requester": ref(person.who("gp"))}
    person.store(task(reference, person.patient, **{**owner, **elements}, description="Wonde verzorgen"))
    return reference


def claim_coordination(person: Person) -> None:
    url = f"{person.ref('CareTeam', 'team')}/$claim-coordination"
    answer = person.client("nurse").post(url, json={"resourceType": "Parameters"})
    assert answer.status_code == 200, answer.text


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def press_in_task(page: Page, name: str) -> None:
    page.locator(".tasks > li", has_text="Wonde").get_by_role("button", name=name, exact=True).click()


def told(page: Page, text: str) -> None:
    expect(page.locator("#notice p").first).to_have_text(text)


def test_a_nurse_takes_on_what_is_asked_before_choosing_a_person(visit: Visit, person: Person) -> None:
    reference = asked(person)
    page = enter(visit, person, "nurse")
    press_in_task(page, "Ja, ik doe dit")
    told(page, "Het is bewaard.")
    assert of(person, reference)["status"] == "accepted"


def test_who_declines_says_why(visit: Visit, person: Person) -> None:
    reference = asked(person)
    page = enter(visit, person, "nurse")
    press_in_task(page, "Nee, dit lukt mij niet")
    page.keyboard.type("Met verlof")
    press(page, "Laat het weten")
    told(page, "Het is bewaard.")
    found = of(person, reference)
    assert (found["status"], found["statusReason"]) == ("rejected", {"text": "Met verlof"})


def test_a_neighbour_is_asked_once_more_before_a_task_is_over(visit: Visit, person: Person) -> None:
    market = person.ref("Task", "market")
    person.store({**of(person, market), "status": "in-progress"})
    page = enter(visit, person, "neighbour")
    press(page, "Dit is gedaan")
    page.keyboard.type("Het was fijn")
    press(page, "Ja, helemaal klaar")
    expect(page.locator("#today")).to_contain_text("U hebt nu niets te doen.")
    found = of(person, market)
    assert (found["status"], found["note"]) == ("completed", [{"text": "Het was fijn"}])


def test_what_waits_for_the_team_is_taken_up_by_one(visit: Visit, person: Person) -> None:
    reference = asked(person, owner=ref(person.ref("CareTeam", "team")))
    page = enter(visit, person, "nurse")
    press_in_task(page, "Ik doe dit")
    told(page, "Het is bewaard.")
    found = of(person, reference)
    assert (found["status"], found["owner"]["reference"]) == ("accepted", person.who("nurse"))


def test_who_comes_second_is_told_so_and_sees_how_it_is(visit: Visit, person: Person) -> None:
    reference = asked(person)
    page = enter(visit, person, "nurse")
    person.store({**of(person, reference), "description": "Wonde en verband"})
    press_in_task(page, "Ja, ik doe dit")
    told(
        page,
        "Iemand anders heeft dit net gewijzigd. U ziet nu hoe het is. Wat u koos, is niet bewaard.",
    )
    expect(page.locator(".tasks")).to_contain_text("Wonde en verband")


def test_who_has_nothing_to_do_sees_no_list_of_it(visit: Visit, person: Person) -> None:
    page = enter(visit, person, "carer")
    assert page.locator("#today, .menu a[href='#today']").count() == 0


def test_the_letter_of_an_invitation_is_printed_alone_and_put_away(visit: Visit, person: Person) -> None:
    page = enter(visit, person, "person")
    press(page, "Familie of een vriend uitnodigen")
    page.keyboard.type("Piet Peeters")
    press(page, "Maak de brief")
    expect(page.locator(".letter")).to_contain_text("Dag Piet Peeters")
    press(page, "Français")
    expect(page.locator(".letter")).to_contain_text("Bonjour Piet Peeters")
    page.evaluate("window.print = () => {}")
    press(page, "Imprimer la lettre")
    page.emulate_media(media="print")
    printed = [page.locator(each).first.is_visible() for each in (".letter", "h1", "#goals", ".team")]
    page.emulate_media(media="screen")
    press(page, "Ranger la lettre")
    assert (printed, page.locator(".letter").count()) == ([True, False, False, False], 0)


def test_why_the_service_refuses_is_shown_in_its_words(visit: Visit, person: Person) -> None:
    page = enter(visit, person, "person")
    press(page, "Familie of een vriend uitnodigen")
    page.keyboard.type("   ")
    press(page, "Maak de brief")
    expect(page.locator("form #notice p[lang=en]")).to_contain_text("must hold more than white space")


def test_the_person_agrees_to_who_wants_to_coordinate(visit: Visit, person: Person) -> None:
    claim_coordination(person)
    page = enter(visit, person, "person")
    press(page, "Akkoord")
    told(page, "Het is bewaard.")
    expect(page.locator(".team > li", has_text="zorgcoördinator")).to_have_count(1)


def test_who_does_not_decide_is_not_asked_to(visit: Visit, person: Person) -> None:
    claim_coordination(person)
    page = enter(visit, person, "carer")
    expect(page.locator("#team")).to_contain_text("voorgesteld, nog niet afgesproken")
    assert page.locator("#team button").count() == 0


def test_where_the_plan_has_ended_nothing_is_offered(visit: Visit, person: Person) -> None:
    person.store({**of(person, person.ref("CarePlan", "plan")), "status": "completed"})
    page = enter(visit, person, "person")
    assert page.locator("#today button, #messages button, #team button").all_inner_texts() == []


def test_a_message_goes_to_whom_one_ticks(visit: Visit, person: Person) -> None:
    page = enter(visit, person, "person")
    press(page, "Een bericht schrijven")
    page.get_by_role("checkbox", name="carer").check()
    page.locator("#write-message textarea").fill("Tot zondag")
    press(page, "Versturen")
    told(page, "Uw bericht is verstuurd.")
    written = newest(person, "person")
    assert (written["recipient"], written["payload"]) == (
        [{"reference": person.who("carer")}],
        [{"contentString": "Tot zondag"}],
    )


def test_a_reply_belongs_to_the_thread(visit: Visit, person: Person) -> None:
    first = person.ref("Communication", "message")
    page = enter(visit, person, "person")
    press(page, "Antwoorden")
    page.keyboard.type("Dank u")
    press(page, "Versturen")
    told(page, "Uw bericht is verstuurd.")
    written = newest(person, "person")
    assert (written["partOf"], written["inResponseTo"], written["recipient"]) == (
        [{"reference": first}],
        [{"reference": first}],
        [{"reference": person.who("gp")}, {"reference": person.who("nurse")}],
    )


def test_who_wrote_sees_who_has_read_it(visit: Visit, person: Person) -> None:
    sent = person.ref("Communication", "sent")
    person.store(communication(sent, person.patient, "message", person.who("carer"), person.patient))
    page = enter(visit, person, "person")
    press(page, "Ik heb dit gelezen")
    told(page, "Het is bewaard.")
    expect(enter(visit, person, "carer").locator("#messages")).to_contain_text("Gelezen door Jet")


def test_a_page_of_the_journal_is_opened_and_closed(visit: Visit, person: Person) -> None:
    reference = person.ref("Communication", "journal")
    page = enter(visit, person, "person")
    press(page, "Mijn team mag dit lezen")
    told(page, "Het is bewaard.")
    opened = of(person, reference).get("recipient")
    press(page, "Niet meer delen")
    expect(page.get_by_role("button", name="Niet meer delen")).to_have_count(0)
    team = [{"reference": person.ref("CareTeam", "team")}]
    assert (opened, of(person, reference).get("recipient")) == (team, None)


def test_a_new_page_of_the_journal_is_read_by_nobody_else(visit: Visit, person: Person) -> None:
    page = enter(visit, person, "person")
    press(page, "In mijn dagboek schrijven")
    page.locator("#write-journal textarea").fill("Goed geslapen")
    page.locator("#write-journal select").select_option("sleep")
    press(page, "Bewaren")
    told(page, "Het is bewaard.")
    written = newest(person, "person")
    assert (written["topic"]["coding"][0]["code"], written.get("recipient")) == ("sleep", None)


def test_forms_have_no_known_barrier_and_stay_on_a_narrow_screen(visit: Visit, person: Person) -> None:
    asked(person, owner=ref(person.patient))
    page = enter(visit, person, "person", width=320, dark=True)
    found = []
    for form in ("Nee, dit lukt mij niet", "Een bericht schrijven", "In mijn dagboek schrijven"):
        press(page, form)
        found.append((violations(page), overflow(page)))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert ([*found, overflow(page)]) == [*[([], 0)] * 3, 0]


def test_the_keyboard_goes_into_a_form_and_back(visit: Visit, person: Person) -> None:
    page = enter(visit, person, "person")
    page.locator("#invite-open").press("Enter")
    inside = page.evaluate("document.activeElement.name")
    page.get_by_role("button", name="Annuleren").press("Enter")
    assert (inside, page.evaluate("document.activeElement.id")) == ("name", "invite-open")


def test_the_login_of_the_portal_may_change_what_its_user_may(visit: Visit) -> None:
    page = log_in(visit(), "RelatedPerson/louis-maes")
    granted = page.evaluate(
        "JSON.parse(sessionStorage[JSON.parse(sessionStorage.SMART_KEY)]).tokenResponse.scope"
    )
    assert {"patient/*.crus", "user/*.crus"} - set(granted.split()) == set()
