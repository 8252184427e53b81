import re
from html.parser import HTMLParser

import pytest
from auth.pages.shown import AN, APP, HOSTILE, JET, LONG, NOW, PAGES, consent, place

from dzop.auth.client import Client
from dzop.auth.pages.account import AllowedApp, OpenLogin, account_page
from dzop.auth.pages.choosing import (
    Means,
    Person,
    capacity_page,
    grouped,
    means_page,
    people_page,
    persons_page,
)
from dzop.auth.pages.leaving import logged_out_page, logout_page
from dzop.auth.pages.page import Place, headers
from dzop.auth.pages.password import password_page
from dzop.auth.pages.words import LANGUAGES
from dzop.auth.people import Described

EVIL = Described("Patient/evil", HOSTILE, {"en": HOSTILE})


class Read(HTMLParser):
    """The tags of a page with their attributes, and the text of each."""

    VOID = ("input", "link", "meta")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[list[str]] = []
        self._open: list[int] = []
        self.unclosed: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        self.texts.append([])
        if tag not in self.VOID:
            self._open.append(len(self.tags) - 1)

    def handle_endtag(self, tag: str) -> None:
        if tag != self.tags[self._open.pop()][0]:
            self.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        for number in self._open:
            self.texts[number].append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        """The attributes of the tags of this name that have these."""
        return [has for name, has in self.tags if name == tag and wanted.items() <= has.items()]

    def text(self, tag: str) -> list[str]:
        """The texts of all tags of this name."""
        found = ("".join(text) for (name, _), text in zip(self.tags, self.texts, strict=True) if name == tag)
        return [" ".join(each.split()) for each in found]

    def values(self, name: str) -> list[str | None]:
        """What the buttons and fields of this name would post."""
        return [has.get("value") for _, has in self.tags if has.get("name") == name]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_in_its_language(name: str, language: str) -> None:
    page = Read(PAGES[name](place(language)))
    (html,), titles = page.all("html"), page.text("title")
    assert ([], language, page.text("h1")) == (page.unclosed, html["lang"], titles)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_nothing_but_its_style(name: str) -> None:
    page = Read(PAGES[name](place()))
    loaded = [
        (tag, has.get("href") or has.get("src")) for tag, has in page.tags if tag in ("link", "img", "script")
    ]
    assert [("link", "/auth/pages.css")] == loaded


@pytest.mark.parametrize("name", PAGES)
def test_nothing_on_a_page_needs_what_the_policy_refuses(name: str) -> None:
    page = Read(PAGES[name](place()))
    inline = [has for _, has in page.tags if any(key == "style" or key.startswith("on") for key in has)]
    assert [] == inline


@pytest.mark.parametrize("name", PAGES)
def test_every_form_posts_to_its_own_page_what_goes_along(name: str) -> None:
    page = Read(PAGES[name](place("fr")))
    forms = page.all("form")
    assert (
        [("post", "/auth/authorize")] * len(forms),
        ["sealed.text"] * len(forms),
        ["fr"] * len(forms),
    ) == (
        [(each["method"], each["action"]) for each in forms],
        page.values("pending"),
        page.values("ui_locales"),
    )


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("message")])
def test_a_page_links_to_itself_in_the_other_languages(name: str) -> None:
    links = [has for has in Read(PAGES[name](place("de"))).all("a") if "hreflang" in has]
    assert [
        (f"/auth/authorize?pending=sealed.text&ui_locales={language}", language) for language in LANGUAGES
    ] == [(each["href"], each["lang"]) for each in links]


def test_a_page_without_an_address_has_no_links_to_other_languages() -> None:
    assert [] == Read(PAGES["logout"](Place("en"))).all("a")


@pytest.mark.parametrize(
    "page",
    [
        consent(place(), Client(HOSTILE, (f"https://{HOSTILE}",), name=HOSTILE, policy=f"https://{HOSTILE}")),
        consent(place(), who=EVIL, person=EVIL, scopes=[f"patient/Goal.rs?category={HOSTILE}", HOSTILE]),
        consent(place(), scopes=["user/Goal.rs?category=%3Cscript%3Ealert(1)"]),
        persons_page(place(), [EVIL, JET], HOSTILE),
        capacity_page(place(), [EVIL, AN]),
        password_page(place(), HOSTILE, "wrong"),
        means_page(place(), [Means(HOSTILE, HOSTILE)]),
        logout_page(place(), HOSTILE),
        account_page(place(), HOSTILE, [OpenLogin(HOSTILE, NOW, NOW)], [AllowedApp(HOSTILE, HOSTILE, NOW)]),
        people_page(place(), grouped([Person(HOSTILE, HOSTILE, HOSTILE, HOSTILE)])),
        logged_out_page(place(), HOSTILE),
        PAGES["people"](Place("en", "/auth", "/authorize", {"pending": HOSTILE}, {"state": HOSTILE})),
    ],
)
def test_what_comes_from_others_is_text(page: str) -> None:
    assert ([], []) == (Read(page).all("script"), Read(page).unclosed)


@pytest.mark.parametrize("name", [HOSTILE, LONG])
def test_what_an_app_calls_itself_cannot_reach_what_stands_around_it(name: str) -> None:
    page = consent(place(), Client("app", APP.redirect_uris, name=name))
    assert name in Read(page).text("bdi")


def test_the_people_of_the_sandbox_stand_by_whose_plan_it_is() -> None:
    page = Read(PAGES["people"](place()))
    expected = (
        ["The plan of Jet Peeters", "Other care professionals"],
        ["Patient/jet", "RelatedPerson/an", "Practitioner/els"],
    )
    assert expected == (page.text("h2"), page.values("person"))


def test_a_way_to_log_in_is_a_link_with_its_name() -> None:
    links = Read(PAGES["means"](place())).all("a", **{"class": "choice"})
    ways = [(each["href"] or "").partition("means=")[2] for each in links]
    assert ["password&ui_locales=en", "sandbox&ui_locales=en", "am&ui_locales=en"] == ways


def test_the_password_page_says_what_its_fields_are_for() -> None:
    fields = Read(password_page(place(), "an")).all("input")
    told = [(has["name"], has["autocomplete"], has["value"]) for has in fields if "autocomplete" in has]
    assert [("name", "username", "an"), ("password", "current-password", "")] == told


def test_what_is_wrong_belongs_to_the_fields_that_it_is_about() -> None:
    page = Read(password_page(place(), "an", "wrong"))
    about = [has for has in page.all("input") if has.get("aria-invalid") == "true"]
    assert (["problem", "problem"], 1) == (
        [has["aria-describedby"] for has in about],
        len(page.all("p", id="problem", role="alert")),
    )


def test_how_long_to_wait_is_said_in_minutes() -> None:
    assert "Wait 15 minutes" in password_page(place(), "an", "too-many", 15)


def test_who_would_rather_not_need_not_fill_anything_in() -> None:
    (cancel,) = Read(password_page(place())).all("button", name="cancel")
    assert "formnovalidate" in cancel


def test_a_capacity_is_chosen_by_reference_and_a_person_by_id() -> None:
    chosen = (
        Read(capacity_page(place(), [AN])).values("subject"),
        Read(persons_page(place(), [JET])).values("patient"),
    )
    assert (["RelatedPerson/an"], ["jet"]) == chosen


@pytest.mark.parametrize(
    ("count", "text", "boxes"), [(2, "", 0), (6, "", 1), (1, "Jet", 1), (0, "Jan", 1), (0, "", 0)]
)
def test_there_is_a_search_box_where_there_is_something_to_search(count: int, text: str, boxes: int) -> None:
    assert boxes == len(Read(persons_page(place(), [JET] * count, text)).values("text"))


def test_the_consent_page_says_which_app_where_for_whom_and_as_whom() -> None:
    strong = Read(consent(place("nl"))).text("strong")
    assert ["Dagboek", "app.example.org", "An Peeters (dochter)", "Jet Peeters"] == strong[:4]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://127.0.0.1:9000/back", "The app is on this device."),
        ("org.example.app:/back", "The app is on this device."),
        ("https://127.0.0.1.example.org/back", "The app is at 127.0.0.1.example.org."),
        ("https://127.0.0.1@example.org:8443/", "The app is at example.org:8443."),
    ],
)
def test_the_consent_page_says_where_the_answer_goes(address: str, told: str) -> None:
    paragraphs = Read(consent(place(), redirect_uri=address)).text("p")
    assert f"{told} You go back there afterwards." in paragraphs


@pytest.mark.parametrize("is_dynamic", [True, False])
def test_the_maker_of_an_app_that_registered_itself_is_not_known(is_dynamic: bool) -> None:
    assert is_dynamic == ("We do not know who made this app" in consent(place(), is_dynamic=is_dynamic))


@pytest.mark.parametrize(
    ("scopes", "ticks"),
    [
        ("patient/*.rs", []),
        ("patient/*.cruds", ["change"]),
        ("openid offline_access", ["offline"]),
        ("user/Goal.d offline_access", ["change", "offline"]),
    ],
)
def test_what_can_be_left_out_has_a_tick(scopes: str, ticks: list[str]) -> None:
    boxes = Read(consent(place(), scopes=scopes.split())).all("input", type="checkbox")
    assert ticks == [has["name"] for has in boxes if "checked" in has]


def test_somebody_s_own_plan_is_called_so() -> None:
    assert "Only of you:" in Read(consent(place(), who=JET)).text("p")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_machines_stand_only_in_the_technical_details(language: str) -> None:
    before, details, _ = re.split("<details>|</details>", consent(place(language)))
    assert ([], True) == (
        re.findall(r"patient/|user/|offline_access|fhirUser|redirect_uri", before),
        "patient/Goal.cruds" in details,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_consent_page_says_where_it_can_be_taken_back(language: str) -> None:
    assert f"/auth/account?ui_locales={language}" in [
        has["href"] for has in Read(consent(place(language))).all("a")
    ]


@pytest.mark.parametrize("policy", [None, "javascript:alert(1)", "http://app.example.org/policy"])
def test_only_a_safe_link_to_a_policy_is_shown(policy: str | None) -> None:
    page = consent(place(), Client("app", APP.redirect_uris, policy=policy))
    assert "What the app says" not in page


def test_allowing_and_refusing_are_both_there() -> None:
    assert ["allow", "refuse"] == Read(consent(place())).values("decision")


def test_what_was_allowed_and_each_login_can_be_taken_back_alone() -> None:
    page = Read(PAGES["account"](place()))
    assert (["app-1", "app-2"], ["two"], ["yes"], ["yes"]) == tuple(
        page.values(name) for name in ("forget", "end", "log-out", "everywhere")
    )


def test_buttons_that_look_alike_are_told_apart() -> None:
    labels = [has.get("aria-label") for has in Read(PAGES["account"](place())).all("button", name="forget")]
    assert ["Take back what Dagboek may do", "Take back what app-2 may do"] == labels


@pytest.mark.parametrize(
    ("redirect_uri", "targets"),
    [
        (None, "'self'"),
        ("https://app.example.org:8443/back?x", "'self' https://app.example.org:8443"),
        ("http://127.0.0.1:5000/", "'self' http://127.0.0.1:5000"),
        ("org.example.app:/back", "'self' org.example.app:"),
    ],
)
def test_a_form_may_lead_here_and_to_the_app_alone(redirect_uri: str | None, targets: str) -> None:
    assert headers(redirect_uri)["Content-Security-Policy"].endswith(f"form-action {targets}")
