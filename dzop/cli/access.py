"""dzop access: decisions explained, and the emergencies that were declared."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from consent.categories import CATEGORIES
from consent.matrix import ACTIONS
from dzop.cli.options import Database, is_subject, ready_database, settings_of
from dzop.explanation.words import WORDS
from dzop.problems import WrongUse
from terminology.content import LANGUAGES

commands = typer.Typer(no_args_is_help=True, help="Access decisions.")
_out = Console()


@commands.command("explain")
def access_explain(
    actor: Annotated[str, typer.Option(help="Who, such as Practitioner/x, or PractitionerRole/x.")],
    resource: Annotated[str | None, typer.Option(help="What, such as Goal/x.")] = None,
    category: Annotated[str | None, typer.Option(help="Or a data category of --patient.")] = None,
    patient: Annotated[str | None, typer.Option(help="Whose plan, such as Patient/x.")] = None,
    action: Annotated[str, typer.Option(help="read, create, update, delete or share.")] = "read",
    language: Annotated[str, typer.Option(help="nl, fr, de or en.")] = "nl",
    database: Database = None,
) -> None:
    """Says permit or deny, and why, in plain words and by which rules; exit 0 for permit, 1 for deny."""
    from dzop.access.explaining.reasons import AskedAccess
    from dzop.operator import explain

    _require_asked(actor, resource, category, patient, action, language)
    asked = AskedAccess(actor, datetime.now(UTC), action, resource or "", category or "")
    of = patient and patient.removeprefix("Patient/")
    with ready_database(settings_of(database_url=database)) as settings:
        found = asyncio.run(explain(settings, asked, of, language))
    if found is None:
        typer.echo(f"deny\n  there is no {resource} in a plan")
        raise typer.Exit(1)
    reasons = [(each.text, each.rule) for each in found.reasons]
    for line in _shown(language, found.permit, found.text, reasons, found.matrix_version):
        _out.print(line, highlight=False, soft_wrap=True)
    raise typer.Exit(0 if found.permit else 1)


@commands.command("reviews")
def access_reviews(database: Database = None) -> None:
    """Lists every emergency that was declared, for the reviewer: when, who, of whom, why, until when."""
    from dzop.operator import broken_glass

    with ready_database(settings_of(database_url=database)) as settings:
        found = asyncio.run(broken_glass(settings))
    for each in found:
        typer.echo(
            f"{each.since}  {each.who}  {each.person}  until {each.until}  {each.consent}\n  {each.reason}"
        )
    typer.echo(f"{len(found)} in all" if found else "No emergency was declared.")


def _require_asked(
    actor: str, resource: str | None, category: str | None, patient: str | None, action: str, language: str
) -> None:
    """What is wrong with a question to the law is told before a database is opened."""
    if not is_subject(actor):
        raise WrongUse("--actor takes TYPE/ID, such as Practitioner/dr-van-acker")
    if (resource is None) == (category is None) or (category is not None and patient is None):
        raise WrongUse("give either --resource TYPE/ID, or --category CODE with --patient Patient/ID")
    for option, value, known in (
        ("--category", category, CATEGORIES), ("--action", action, ACTIONS), ("--language", language, LANGUAGES)
    ):  # fmt: skip
        if value is not None and value not in known:
            raise WrongUse(f"{option} takes one of {', '.join(known)}")


def _shown(
    language: str, permit: bool, text: str, reasons: Sequence[tuple[str, str]], matrix_version: str
) -> Iterable[Text]:
    """The decision, the sentence, each reason with its rule, the matrix; without colours they say the same."""
    yield Text("permit", "bold green") if permit else Text("deny", "bold red")
    yield Text(text, "bold")
    for reason, rule in reasons:
        yield Text.assemble("- ", reason, (f"  [{rule}]", "dim"))
    yield Text(WORDS[language].say("frame", "matrix", version=matrix_version), "dim")
