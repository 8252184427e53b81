"""The demo persons are described with codes that exist, as far as their code systems are shipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dzop.demo
from terminology.content import CONTENT

BUNDLES = sorted((Path(dzop.demo.__file__).parent / "data").glob("*.json"))
SYSTEMS = {each.url: each for each in CONTENT.code_systems.values()}
NOT_SHIPPED = {"http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org", "urn:ietf:bcp:47"}


def _codings(value: Any) -> Iterator[tuple[str, str]]:
    """Each (system, code) in a resource or a part of one."""
    if isinstance(value, list):
        for each in value:
            yield from _codings(each)
    elif isinstance(value, dict):
        if "system" in value and "code" in value:
            yield value["system"], value["code"]
        yield from _codings(list(value.values()))


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_the_codes_of_a_demo_person_exist(path: Path) -> None:
    used = {each for each in _codings(json.loads(path.read_text())) if each[0] not in NOT_SHIPPED}
    assert [
        each for each in sorted(used) if each[0] not in SYSTEMS or each[1] not in SYSTEMS[each[0]].concepts
    ] == []
