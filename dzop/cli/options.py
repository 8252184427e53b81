"""What several commands need: their common options, the settings, a database that is ready."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from dzop.problems import Problem, WrongUse
from dzop.settings import Settings

if TYPE_CHECKING:
    from dzop.exchange.partners import Partner

Database = Annotated[
    str | None,
    typer.Option("--database", envvar="DZOP_DATABASE_URL", help="PostgreSQL URL; embedded without."),
]

Partners = Annotated[
    Path | None,
    typer.Option(
        "--partners", envvar="DZOP_PARTNERS", exists=True, dir_okay=False, help="TOML of exchange partners."
    ),
]

Matrix = Annotated[
    Path | None,
    typer.Option(
        "--matrix", envvar="DZOP_MATRIX", exists=True, dir_okay=False, help="CSV of an access matrix."
    ),
]


def settings_of(**given: object) -> Settings:
    """The settings, of which those that are given win; WrongUse names one that cannot be meant, and no value."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as wrong:
        first = wrong.errors()[0]
        raise WrongUse(f"DZOP_{str(first['loc'][0]).upper()}: {first['msg']}") from None


def sandbox_settings() -> Settings:
    """The settings, where the sandbox is on."""
    from dzop.here import sandbox_is_on

    settings = settings_of()
    if not sandbox_is_on(settings):
        raise Problem("the sandbox issuer is off: set DZOP_SANDBOX=1, or run `dzop demo` here")
    return settings


def ready_database(settings: Settings, *, serves: bool = False) -> AbstractContextManager[Settings]:
    """A database that is there and has the newest schema; a wrong file is told before it starts.

    A command that does not serve itself takes the address of the service beside it.
    """
    from dzop.here import beside, database

    if serves:
        _check_production(settings)
    partners_of(settings)
    _check_matrix(settings)
    _check_verifiers(settings)
    _check_issuers(settings)
    _check_keys(settings)
    return database(settings if serves else beside(settings))


def _check_production(settings: Settings) -> None:
    """Real persons are not served with what lets everybody in."""
    from dzop.auth.production import objection

    if (refused := objection(settings)) is not None:
        raise Problem(refused)


def _check_matrix(settings: Settings) -> None:
    """What is wrong with a matrix of one's own is told before anything starts."""
    if settings.matrix is None:
        return
    from dzop.app import shipped_matrix

    try:
        shipped_matrix(settings)
    except ValueError as wrong:
        raise Problem(f"{settings.matrix} is no access matrix: {wrong}") from None


def _check_verifiers(settings: Settings) -> None:
    """A verifier of proofs that cannot be had is told before anything starts."""
    from dzop.auth.proofs import configured

    try:
        configured(settings.proof_verifiers or "")
    except ValueError as wrong:
        raise Problem(f"DZOP_PROOF_VERIFIERS: {wrong}") from None


def _check_issuers(settings: Settings) -> None:
    """What is wrong with the identity providers is told before anything starts."""
    if settings.issuers is None:
        return
    from dzop.app import configured_issuers

    try:
        configured_issuers(settings)
    except ValueError as wrong:
        raise Problem(f"DZOP_ISSUERS: {wrong}") from None


def _check_keys(settings: Settings) -> None:
    """Keys that others on this machine could read or replace are told before anything starts."""
    from dzop.auth.key_files import ExposedKeyError, require_private

    try:
        require_private(settings.keys)
    except ExposedKeyError as exposed:
        raise Problem(str(exposed)) from None


def partners_of(settings: Settings) -> tuple[Partner, ...]:
    """The configured partners; what is wrong in their file is told before anything starts."""
    from dzop.exchange.partners import partners

    try:
        return partners(settings.partners) if settings.partners else ()
    except ValueError as wrong:
        raise Problem(str(wrong)) from None


def is_subject(text: str) -> bool:
    kind, _, id = text.partition("/")
    kinds = ("Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization")
    return text == "system" or (kind in kinds and bool(id))
