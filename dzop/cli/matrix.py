"""dzop matrix: the access matrix shown, exported, checked, and which one is in force."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from consent.categories import CATEGORIES
from consent.matrix import Matrix as Reviewed
from consent.published import as_csv, faults, read_reviewed
from dzop.cli.options import Database, Matrix, ready_database, settings_of
from dzop.problems import Problem, WrongUse

commands = typer.Typer(no_args_is_help=True, help="The access matrix.")


@commands.command("show")
def matrix_show(
    category: Annotated[str | None, typer.Argument(help="One data category.")] = None, matrix: Matrix = None
) -> None:
    """Prints who may do what, in words."""
    from dzop.definitions.matrix_page import matrix_page

    law = _reviewed(matrix)
    if category not in (None, *CATEGORIES):
        raise WrongUse(f"there is no data category `{category}`; there are {', '.join(CATEGORIES)}")
    typer.echo(matrix_page(law, category), nl=False)


@commands.command("export")
def matrix_export(
    format: Annotated[str, typer.Option("--format", help="csv, md or fhir.")] = "csv", matrix: Matrix = None
) -> None:
    """Writes the matrix for others to read."""
    from dzop.definitions.access_matrix import access_matrix
    from dzop.definitions.matrix_page import matrix_page

    writers: dict[str, Callable[[], str]] = {
        "csv": lambda: _matrix_text(matrix),
        "md": lambda: matrix_page(_reviewed(matrix)),
        "fhir": lambda: json.dumps(access_matrix(_reviewed(matrix)), ensure_ascii=False, indent=2) + "\n",
    }
    if format not in writers:
        raise WrongUse(f"--format takes {', '.join(writers)}")
    typer.echo(writers[format](), nl=False)


@commands.command("check")
def matrix_check(matrix: Matrix = None) -> None:
    """Checks that every cell is there and means something; exit 1 and a list when not."""
    text = _matrix_text(matrix)
    found = faults(text)
    for fault in found:
        typer.echo(fault)
    typer.echo(
        f"{len(found)} faults" if found else f"The matrix is complete (version {_reviewed(matrix).version})."
    )
    raise typer.Exit(1 if found else 0)


@commands.command("status")
def matrix_status(database: Database = None) -> None:
    """Says which matrix is in force, which one is coming and how far that is, and which ones are known."""
    from dzop.operator import matrix_progress

    with ready_database(settings_of(database_url=database)) as settings:
        state = asyncio.run(matrix_progress(settings))
    typer.echo(f"in force  {state.version}  since {state.since:%Y-%m-%d %H:%M} UTC")
    if state.coming:
        typer.echo(f"coming    {state.coming}  compiled for {state.compiled} of {state.persons} persons")
    for version, since in state.known:
        typer.echo(f"known     {version}  since {since:%Y-%m-%d %H:%M} UTC")


@commands.command("use")
def matrix_use(
    version: Annotated[str, typer.Argument(help="A version that `dzop matrix status` lists.")],
    again: Annotated[bool, typer.Option("--again", help="Compile it also when it is in force.")] = False,
    database: Database = None,
) -> None:
    """Makes a known matrix the next one; a running service compiles it and switches."""
    from dzop.operator import use_matrix

    with ready_database(settings_of(database_url=database)) as settings:
        known = asyncio.run(use_matrix(settings, version, again=again))
    if not known:
        raise Problem(f"no matrix of version `{version}` is known here; `dzop matrix status` lists them")
    typer.echo(f"Matrix {version} is next, or in force already.")


def _matrix_text(path: Path | None) -> str:
    """The matrix that a command is about: a file, or the one shipped."""
    try:
        return path.read_bytes().decode() if path else as_csv()
    except UnicodeDecodeError:
        raise Problem(f"{path} is no text in UTF-8") from None


def _reviewed(path: Path | None) -> Reviewed:
    try:
        return read_reviewed(_matrix_text(path))
    except ValueError as wrong:
        raise Problem(f"{path} is no access matrix: {wrong}") from None
