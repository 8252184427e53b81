"""dzop terminology: code systems, value sets and concept maps that dzop does not ship, loaded, listed, removed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from dzop.cli.options import Database, ready_database, settings_of
from dzop.problems import Problem, WrongUse

commands = typer.Typer(
    no_args_is_help=True, help="Code systems, value sets and concept maps that dzop does not ship."
)
_err = Console(stderr=True)


@commands.command("load")
def load_terminology(
    paths: Annotated[
        list[Path],
        typer.Argument(
            exists=True, help="FHIR packages (.tgz), JSON, NDJSON, releases of SNOMED CT; also folders."
        ),
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Also what is there already in the same version.")
    ] = False,
    module: Annotated[
        str | None, typer.Option(metavar="ID", help="The edition of SNOMED CT, where a release has several.")
    ] = None,
    database: Database = None,
) -> None:
    """Loads terminology beside what is there; what could not be taken is told, with exit 1."""
    from dzop.terminology_loading.operation import load

    with (
        ready_database(settings_of(database_url=database)) as settings,
        Progress(console=_err, transient=True, disable=not _err.is_terminal) as progress,
    ):
        report = asyncio.run(load(settings, paths, _bars(progress), again=replace, module=module))
    for line in report.lines():
        typer.echo(line)
    raise typer.Exit(0 if report.is_done else 1)


@commands.command("list")
def list_terminology(database: Database = None) -> None:
    """Lists what is loaded: type, URL and version, number of concepts, when, from where."""
    from dzop.terminology_loading.operation import loaded

    with ready_database(settings_of(database_url=database)) as settings:
        found = asyncio.run(loaded(settings))
    for each in found:
        typer.echo(
            f"{each.type:10}  {each.named}  {each.count}  {each.loaded_at:%Y-%m-%d %H:%M} UTC  {each.source}"
        )
    if not found:
        typer.echo("Nothing is loaded.")


@commands.command("remove")
def remove_terminology(
    url: Annotated[
        str, typer.Argument(help="The URL of a code system, value set or concept map; also URL|VERSION.")
    ],
    version: Annotated[str | None, typer.Option(help="Which version, where there are several.")] = None,
    database: Database = None,
) -> None:
    """Removes what was loaded, with its concepts; a running service knows within a second."""
    from dzop.terminology_loading.operation import loaded, remove

    asked = f"{url}|{version}" if version else url
    url, _, named = url.partition("|")
    wanted = version if version is not None else named or None
    with ready_database(settings_of(database_url=database)) as settings:
        held = [each.version for each in asyncio.run(loaded(settings)) if each.url == url]
        if not held or wanted not in (None, *held):
            raise Problem(f"`{asked}` is not loaded; `dzop terminology list` shows what is")
        if wanted is None and len(held) > 1:
            listed = ", ".join(each or "''" for each in held)
            raise WrongUse(f"there are several versions; say which one with --version: {listed}")
        asyncio.run(remove(settings, url, wanted))
    typer.echo("Removed.")


def _bars(progress: Progress) -> Callable[[str, int], Callable[[int], None]]:
    """Begins a bar, and lets it grow."""

    def begin(title: str, total: int) -> Callable[[int], None]:
        task = progress.add_task(escape(title), total=total)
        return lambda done: progress.advance(task, done)

    return begin
