import os
import shutil
from collections.abc import Iterator

import pytest
from e2e.portal_pages import Visit
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# For one module, not for the session: Playwright's event loop would be in the way of asynchronous tests.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        message = "no browser: install Debian's `chromium` to run the browser tests"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, base_url: str) -> Iterator[Visit]:
    """Opens the portal in a browser of its own; fails the test when the browser complains."""
    opened, complaints = [], []

    def open_portal(locale: str = "nl-BE", width: int = 1100, dark: bool = False, script: str = "") -> Page:
        context = chromium.new_context(
            locale=locale,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
        )
        context.add_init_script(script)
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{base_url}/portal/")
        return page

    yield open_portal
    for context in opened:
        context.close()
    assert [text for text in complaints if "Failed to load resource" not in text] == []
