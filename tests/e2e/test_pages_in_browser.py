"""Every page of the authorization server in a real browser: no known barrier, nothing that runs off the screen."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from auth.pages.shown import LONG, PAGES, consent, place
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dzop.auth.client import Client
from dzop.auth.pages.choosing import persons_page
from dzop.auth.pages.page import STYLE, headers
from dzop.auth.pages.words import LANGUAGES
from dzop.auth.people import Described

ORIGIN = "https://dzop.test"
LOOKS = {
    "nl": {"viewport": {"width": 360, "height": 800}, "color_scheme": "light"},
    "fr": {"viewport": {"width": 1100, "height": 800}, "color_scheme": "light"},
    "de": {"viewport": {"width": 360, "height": 800}, "color_scheme": "dark"},
    "en": {"viewport": {"width": 1100, "height": 800}, "color_scheme": "dark"},
}
"""Of each language another look, so that all are seen."""
DIFFERENT = (
    "people",
    "means",
    "password, wrong",
    "capacity",
    "persons",
    "persons, not found",
    "consent",
    "consent, no plan",
    "logout",
    "logged out",
    "account",
    "message, too-old",
)
"""Those that differ in more than a word."""
NARROW = {"viewport": {"width": 320, "height": 640}}
Show = Callable[..., Page]


@pytest.fixture(scope="module")
def show(chromium: Browser) -> Iterator[Show]:
    """Shows a page as the service would send it; the browsers are kept, one a look."""
    kept: dict[str, Page] = {}

    def shown(html: str, **look: Any) -> Page:
        key = repr(look)
        if key not in kept:
            kept[key] = chromium.new_context(**look).new_page()
            kept[key].route(f"{ORIGIN}/auth/pages.css", lambda route: route.fulfill(path=STYLE))
        page = kept[key]
        page.route(
            f"{ORIGIN}/shown",
            lambda route: route.fulfill(
                body=html, content_type="text/html; charset=utf-8", headers=headers()
            ),
        )
        page.goto(f"{ORIGIN}/shown")
        return page

    yield shown
    for page in kept.values():
        page.context.close()


def overflow(page: Page) -> int:
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(script))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_a_known_barrier(show: Show, language: str) -> None:
    found = {}
    for name in DIFFERENT:
        page = show(PAGES[name](place(language)), **LOOKS[language])
        found[name] = [each["id"] for each in Axe().run(page).response["violations"]]
    assert {name: [] for name in DIFFERENT} == found


def test_nothing_runs_off_a_narrow_screen_also_with_letters_twice_as_large(show: Show) -> None:
    found = {}
    for language, name in product(LANGUAGES, DIFFERENT):
        page = show(PAGES[name](place(language)), **NARROW)
        usual = overflow(page)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        found[language, name] = (usual, overflow(page))
    assert dict.fromkeys(product(LANGUAGES, DIFFERENT), (0, 0)) == found


@pytest.mark.parametrize(
    "html",
    [
        consent(place(), Client(LONG, (f"https://{LONG}.example/",), name=LONG)),
        consent(place(), who=Described("Patient/long", LONG, {"en": LONG})),
        persons_page(place(), [Described("Patient/long", LONG, {"en": LONG})] * 6, LONG),
    ],
    ids=["app", "person", "persons"],
)
def test_a_long_name_does_not_break_a_page(show: Show, html: str) -> None:
    page = show(html, **NARROW)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert overflow(page) == 0


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_can_be_pressed_is_large_enough(show: Show, name: str) -> None:
    page = show(PAGES[name](place()), **NARROW)
    heights = page.locator("button, .button, .choice, .tick, summary, nav a").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().height)"
    )
    assert min(heights, default=44) >= 44


def test_the_keyboard_is_enough_to_untick_and_refuse(show: Show) -> None:
    page = show(consent(place(), is_dynamic=False), **NARROW)
    seen = []
    for _ in range(6):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.name || document.activeElement.localName"))
    assert ["a", "change", "offline", "a", "decision", "decision"] == seen
