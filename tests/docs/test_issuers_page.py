"""The page of identity providers has every setting of their file, and its examples are such a file."""

from __future__ import annotations

import re
from pathlib import Path

from documents import ROOT

from dzop.auth.resource_server import introspection, jwks, verified
from dzop.auth.resource_server.issuers import Introspection, TrustedIssuer, read_issuers

PAGE = (ROOT / "docs" / "issuers.md").read_text()
OF_TABLES = {"identity": ("claims", "disciplines")}  # one field is read from two tables


def rows(heading: str) -> set[str]:
    """The settings in the table under a heading."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def test_every_setting_of_an_issuer_is_on_its_page_and_nothing_else_is() -> None:
    fields = [OF_TABLES.get(name, (name,)) for name in TrustedIssuer.model_fields]
    assert rows("An issuer") == {name for names in fields for name in names}


def test_every_setting_of_introspection_is_on_its_page_and_nothing_else_is() -> None:
    fields = {field.alias or name for name, field in Introspection.model_fields.items()}
    assert rows("Opaque tokens") == fields


def test_the_example_is_a_file_of_issuers(tmp_path: Path) -> None:
    (tmp_path / "dzop.secret").write_text("hush")
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert [each.name for each in read_issuers(example, tmp_path)] == ["care"]


def test_the_times_on_the_page_are_those_that_count() -> None:
    told = [int(each) for each in re.findall(r"(?:once in|are|for) (\d+) (?:seconds|minutes|hours)", PAGE)]
    spans = (
        jwks.AGAIN.seconds,
        jwks.REFRESHED.seconds // 60,
        jwks.KEPT.days * 24,
        verified.LASTS.seconds // 60,
    )
    assert (told, introspection.REMEMBERED.seconds) == (list(spans), 1)
