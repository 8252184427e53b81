import hashlib
import json
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from dzop import portal
from terminology.content import CONTENT

STATIC = Path(portal.__file__).parent / "static"
OWN_SCRIPTS = sorted(path for path in STATIC.rglob("*.js") if "vendor" not in path.parts)
VENDORED = json.loads((STATIC / "vendor" / "vendored.json").read_text("utf-8"))


@pytest.fixture
def browser() -> httpx.AsyncClient:
    app = Starlette(routes=portal.routes())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://portal.example")


def keys_of(language: str) -> list[str]:
    return re.findall(r'^  "([^"]+)":', (STATIC / "i18n" / f"{language}.js").read_text("utf-8"), re.MULTILINE)


def placeholders_of(language: str) -> dict[str, set[str]]:
    lines = (STATIC / "i18n" / f"{language}.js").read_text("utf-8").splitlines()
    entries = [line.partition('": ') for line in lines if line.startswith('  "')]
    return {key.strip(' "'): set(re.findall(r"\{([a-z]+)\}", text)) for key, _, text in entries}


async def test_the_app_is_served_under_portal(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/portal/")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")


async def test_the_address_without_slash_leads_there(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/portal")).headers["location"] == "/portal/"


@pytest.mark.parametrize("path", ["", "index.html", "app.js", "style.css", "vendor/lit/html.js"])
async def test_every_file_comes_with_the_strict_policy(browser: httpx.AsyncClient, path: str) -> None:
    headers = (await browser.get(f"/portal/{path}")).headers
    assert (portal.HEADERS["Content-Security-Policy"], "nosniff", "no-referrer") == (
        headers["content-security-policy"],
        headers["x-content-type-options"],
        headers["referrer-policy"],
    )


@pytest.mark.parametrize(("path", "kept"), [("", "no-store"), ("app.js", "no-cache")])
async def test_a_page_is_not_kept_and_a_script_is_asked_for_again(
    browser: httpx.AsyncClient, path: str, kept: str
) -> None:
    assert (await browser.get(f"/portal/{path}")).headers["cache-control"] == kept


@pytest.mark.parametrize("path", ["../__init__.py", "%2e%2e/vendor.py", "..%2fvendor.py", "none.html"])
async def test_nothing_outside_the_app_is_served(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(f"/portal/{path}")).status_code == 404


def test_the_page_holds_no_script_or_style_of_its_own() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    assert re.findall(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", page) == []


@pytest.mark.parametrize("path", OWN_SCRIPTS, ids=lambda path: path.name)
def test_text_of_users_never_becomes_markup(path: Path) -> None:
    text = path.read_text("utf-8")
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|unsafe[A-Z]\w+|document\.write|eval\(", text)
        == []
    )


@pytest.mark.parametrize("path", OWN_SCRIPTS, ids=lambda path: path.name)
def test_every_import_is_a_file_of_the_app(path: Path) -> None:
    imported = re.findall(r'^(?:import|export)\b.*?from "([^"]+)";', path.read_text("utf-8"), re.MULTILINE)
    assert [name for name in imported if not (path.parent / name).is_file()] == []


def test_vendored_files_are_the_ones_that_were_fetched() -> None:
    recorded = {name: digest for package in VENDORED.values() for name, digest in package["files"].items()}
    vendor = STATIC / "vendor"
    present = {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "vendored.json"
    }
    assert recorded == present


@pytest.mark.parametrize("package", VENDORED)
def test_every_vendored_package_keeps_its_licence(package: str) -> None:
    assert f"{package}/LICENSE" in VENDORED[package]["files"]


@pytest.mark.parametrize("language", ["nl", "fr", "de"])
def test_every_language_has_the_same_texts(language: str) -> None:
    assert keys_of(language) == keys_of("en")


@pytest.mark.parametrize("language", ["nl", "fr", "de"])
def test_a_text_names_the_same_things_in_every_language(language: str) -> None:
    assert placeholders_of(language) == placeholders_of("en")


def test_every_text_that_the_app_asks_for_exists() -> None:
    asked = {key for path in OWN_SCRIPTS for key in re.findall(r'\bt\("([^"]+)"', path.read_text("utf-8"))}
    assert asked - set(keys_of("en")) == set()


def test_every_word_that_the_app_asks_for_is_of_a_code_system_that_is_shipped() -> None:
    source = (STATIC / "i18n" / "words.js").read_text("utf-8")
    systems = re.search(r"const SYSTEMS = \{(.*?)\};", source, re.DOTALL)
    assert systems is not None
    named = systems[1].replace("${DZOP}", "https://dzop.example/fhir/CodeSystem")
    groups = dict(re.findall(r'"?([a-z-]+)"?: ["`]([^"`]+)["`]', named))
    asked = {
        group for path in OWN_SCRIPTS for group in re.findall(r'\bword\("([^"]+)"', path.read_text("utf-8"))
    }
    shipped = {system.url for system in CONTENT.code_systems.values()}
    assert (asked - groups.keys(), set(groups.values()) - shipped) == (set(), set())
