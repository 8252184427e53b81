"""Pages of a login as a person without a browser goes through them: forms that are read, filled in and sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

from dzop.gp_sim.answers import Failed, expect

__all__ = ["Button", "Form", "Page", "Pages"]

_MOST = 20
_SANDBOX = "means=sandbox"
_ON_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


@dataclass(slots=True)
class Button:
    """A button of a form: what it sends, and what stands on it."""

    name: str
    value: str
    text: str = ""


@dataclass(slots=True)
class Form:
    """A form: where it is sent, what goes along unseen or ticked, and its buttons."""

    action: str
    method: str
    filled: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


class Page(HTMLParser):
    """The forms and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._button: Button | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "button" and self.forms:
            self._button = Button(given.get("name", ""), given.get("value", ""))
            self.forms[-1].buttons.append(self._button)
        elif tag == "input" and self.forms and _goes_along(given):
            self.forms[-1].filled[given.get("name", "")] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button.text = f"{self._button.text} {data.strip()}".strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._button = None

    def buttons(self, name: str) -> Iterator[tuple[Form, Button]]:
        """The buttons of this name that post something."""
        for form in self.forms:
            if form.method == "post":
                yield from ((form, button) for button in form.buttons if button.name == name)


class Pages:
    """A browser without scripts, that answers every page by a table: the name of a button, and which one it presses."""

    def __init__(self, timeout: float) -> None:
        self._http = httpx.Client(headers={"Accept-Language": "en"}, timeout=timeout)

    def close(self) -> None:
        self._http.close()

    def answered(self, address: str, redirect_uri: str, choices: Mapping[str, str]) -> str:
        """Where the app is sent back to; `choices` is a part of the text or value of a button, by its name."""
        answer = self._http.get(address)
        for _ in range(_MOST):
            if "location" in answer.headers:
                onward = urljoin(str(answer.url), answer.headers["location"])
                if onward.startswith(redirect_uri):
                    return onward
                answer = self._http.get(self._safe(onward))
            else:
                answer = self._pressed(expect(answer, 200), choices)
        raise Failed(f"the login did not come to an end after {_MOST} pages")

    def _pressed(self, answer: httpx.Response, choices: Mapping[str, str]) -> httpx.Response:
        page = Page(answer.text)
        for name, wanted in choices.items():
            for form, button in page.buttons(name):
                if wanted in f"{button.value} {button.text}":
                    address = self._safe(urljoin(str(answer.url), form.action))
                    return self._http.post(address, data={**form.filled, name: button.value})
        # Where there are several ways to log in, each is a link; a page in other languages keeps the one chosen.
        ways = [] if _SANDBOX in str(answer.url) else [each for each in page.links if _SANDBOX in each]
        if ways:
            return self._http.get(self._safe(urljoin(str(answer.url), ways[0])))
        raise Failed(f"the page at {answer.url.path} has nothing that could be chosen: is it a sandbox?")

    def _safe(self, address: str) -> str:
        """The address, unless what is sent there could be read on the way."""
        parts = urlsplit(address)
        if parts.scheme != "https" and parts.hostname not in _ON_THIS_MACHINE:
            raise Failed(f"the login leads to {parts.scheme}://{parts.hostname}, which is not https")
        return address


def _goes_along(given: Mapping[str, str]) -> bool:
    kind = given.get("type", "text")
    return kind == "hidden" or (kind == "checkbox" and "checked" in given)
