"""dzop keys: the keys that sign tokens, and taking new ones."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dzop.cli.options import settings_of
from dzop.problems import Problem, WrongUse

if TYPE_CHECKING:
    from dzop.auth.key_ring import KeyRing

commands = typer.Typer(no_args_is_help=True, help="The keys that sign tokens.")


class Purpose(StrEnum):
    ISSUER = "issuer"
    IDENTITY = "identity"


@commands.command("list")
def list_keys() -> None:
    """Lists the keys: what for, id, since when it signs, until when it verifies."""
    now = datetime.now(UTC)
    for purpose in Purpose:
        ring = _ring(purpose)
        signs = ring.current(now).kid
        for each in ring.dated(now):
            typer.echo(f"{purpose.value:8}  {each.kid}  {_state(each, signs, now)}")


@commands.command("rotate")
def rotate_keys(
    purpose: Annotated[Purpose, typer.Argument(help="Of access tokens (issuer) or id tokens (identity).")],
    at_once: Annotated[
        bool, typer.Option("--at-once", help="The new key signs now, not when everybody can know it.")
    ] = False,
    revoke: Annotated[
        str | None,
        typer.Option(metavar="KID", help="A key that others may have: nothing of it counts any more."),
    ] = None,
) -> None:
    """Makes a new key, and prints its id; a running service takes it over within a second."""
    now, ring = datetime.now(UTC), _ring(purpose)
    if revoke is None:
        typer.echo(ring.rotate(now, at_once=at_once).kid)
        return
    if at_once:
        raise WrongUse("--revoke works at once by itself")
    try:
        ring.revoke(revoke, now)
    except LookupError:
        raise Problem(f"there is no key `{revoke}`: `dzop keys list` shows those there are") from None
    typer.echo(ring.current(now).kid)


def _state(dated: Any, signs: str | None, now: datetime) -> str:
    if dated.kid == signs:
        return "signs"
    if dated.signs_from > now:
        return f"signs from {dated.signs_from:%Y-%m-%d %H:%M:%S} UTC"
    return f"verifies until {dated.verifies_until:%Y-%m-%d %H:%M:%S} UTC"


def _ring(purpose: Purpose) -> KeyRing[Any]:
    from dzop.auth import keys
    from dzop.auth.key_files import ExposedKeyError

    make: Any = {Purpose.ISSUER: keys.issuer_ring, Purpose.IDENTITY: keys.identity_ring}[purpose]
    try:
        ring: KeyRing[Any] = make(settings_of().keys)
    except ExposedKeyError as exposed:
        raise Problem(str(exposed)) from None
    return ring
