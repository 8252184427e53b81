"""The partners dzop exchanges with: one table in a TOML file per partner."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

__all__ = ["MODES", "Partner", "partners", "read_partners"]

MODES = ("node",)


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner.

    `sender` is the `system|value` under which the partner knows us, `organization` the reference of
    the partner's own Organization here: the law decides with its relation what leaves and what comes
    in. `types` are the resource types exchanged; `timeout` and `poll` are seconds.
    """

    name: str
    mode: str
    url: str
    sender: str
    organization: str
    types: tuple[str, ...]
    timeout: float = 10.0
    poll: float = 60.0


def partners(path: Path | None = None) -> tuple[Partner, ...]:
    """The partners in the file at `path`, or in the one that comes with dzop; raises ValueError."""
    if path is None:
        return read_partners(resources.files(__package__).joinpath("partners.toml").read_text())
    return read_partners(path.read_text())


def read_partners(text: str) -> tuple[Partner, ...]:
    """The partners in a TOML document `[name] key = value`; raises ValueError with a sentence."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"The partners file is not TOML: {error}.") from None
    return tuple(_partner(name, table) for name, table in tables.items())


def _partner(name: str, table: Mapping[str, Any]) -> Partner:
    try:
        partner = Partner(name=name, **{**table, "types": tuple(table["types"])})
    except (TypeError, KeyError) as error:
        raise ValueError(f"Partner `{name}` misses a setting or has one too many: {error}.") from None
    if partner.mode not in MODES:
        raise ValueError(f"Partner `{name}` has mode `{partner.mode}`; known are {', '.join(MODES)}.")
    return partner
