"""The command line. Exit codes: 0 done, 1 the work found problems, 2 wrong use."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import track

from consent import matrix, published
from dzop.problems import Problem, WrongUse
from dzop.settings import Settings

if TYPE_CHECKING:
    from dzop.exchange.partners import Partner

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
matrix_app = typer.Typer(no_args_is_help=True, help="The access matrix.")
app.add_typer(matrix_app, name="matrix")
access_app = typer.Typer(no_args_is_help=True, help="Access decisions.")
app.add_typer(access_app, name="access")
exchange_app = typer.Typer(no_args_is_help=True, help="The exchange with partners.")
app.add_typer(exchange_app, name="exchange")
_err = Console(stderr=True)
# What a wrong option raises; typer exports only this child of it.
_NotUnderstood: Any = typer.BadParameter.__base__
Answer = TypeVar("Answer")

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


def main() -> None:
    """Runs a command; an expected problem is one line on stderr, never a traceback."""
    # Imported late: only a command that fails needs to know how databases fail.
    import asyncpg

    from dzop.fhir.outcome import FhirError
    from dzop.store.embedded import EmbeddedError

    try:
        sys.exit(app(standalone_mode=False))
    except _NotUnderstood as wrong:
        _give_up(wrong.format_message(), 2)
    except WrongUse as wrong:
        _give_up(str(wrong), 2)
    except typer.Abort:
        _give_up("stopped", 1)
    except (Problem, EmbeddedError, FhirError) as problem:
        _give_up(str(problem), 1)
    except (OSError, asyncpg.PostgresError) as problem:
        _give_up(f"{type(problem).__name__}: {problem}", 1)


def _give_up(text: str, code: int) -> NoReturn:
    if text:  # without a command the help has been shown, and there is nothing to add
        _err.print(f"dzop: {text}", highlight=False, soft_wrap=True)
    sys.exit(code)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that answer requests.")] = None,
    database: Database = None,
) -> None:
    """The service; without a database URL on an embedded database under ./var."""
    from dzop.serving import run

    with _database(_settings(host=host, port=port, workers=workers, database_url=database)) as settings:
        run(settings)


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Start again from the data as delivered.")] = False,
    partners: Partners = None,
) -> None:
    """The service with the demo persons and the sandbox login, on an embedded database."""
    from dzop.serving import load_demo, remove_embedded, run, welcome

    given = _settings(port=port, sandbox=True, client_ids="any", partners=partners)
    settings = given.model_copy(update={"database_url": None})
    if reset:
        remove_embedded(settings)
    with _database(settings) as ready:
        asyncio.run(load_demo(ready))
        welcome(ready)
        run(ready)


@app.command()
def migrate(database: Database = None) -> None:
    """Brings the database to the newest schema; safe to run twice."""
    with _database(_settings(database_url=database)):
        typer.echo("The database has the newest schema.")


@app.command()
def load(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Files and folders.")],
    as_system: Annotated[bool, typer.Option("--as-system", help="Load as the operator.")] = False,
    database: Database = None,
) -> None:
    """Loads NDJSON (also gzip), Bundles and resources; resumable, and reports what it could not store."""
    from dzop.operator import load_files

    if not as_system:
        raise WrongUse("only the operator loads files: add --as-system")
    with _database(_settings(database_url=database)) as settings:
        report = asyncio.run(load_files(settings, paths, lambda found: track(found, "Loading", console=_err)))
    for line in report.lines():
        typer.echo(line)
    raise typer.Exit(1 if report.faults else 0)


@app.command()
def token(
    who: Annotated[
        str,
        typer.Option(
            "--for",
            help="Practitioner/x, PractitionerRole/x, RelatedPerson/x, Patient/x, Organization/x or system.",
        ),
    ],
    role: Annotated[str | None, typer.Option(help="A role instead of that of the profession.")] = None,
    scope: Annotated[str | None, typer.Option(help="Scopes, separated by spaces.")] = None,
    ttl: Annotated[int, typer.Option(help="Seconds it is valid; negative for an expired one.")] = 3600,
) -> None:
    """Prints a bearer token of the sandbox issuer."""
    from dzop.auth.keys import signing_key
    from dzop.auth.tokens import issue
    from dzop.serving import sandbox_is_on

    settings = _settings()
    if not sandbox_is_on(settings):
        raise Problem("the sandbox issuer is off: set DZOP_SANDBOX=1, or run `dzop demo` here")
    if not _is_subject(who):
        raise WrongUse("--for takes TYPE/ID, such as Patient/jet-peeters, or system")
    scopes = scope or ("system/*.cruds" if who == "system" else "user/*.cruds patient/*.cruds")
    typer.echo(
        issue(
            signing_key(settings.keys), issuer=settings.issuer, audience=settings.audience, subject=who,
            scope=scopes, role=role, ttl=ttl, now=datetime.now(UTC), client_id="dzop-token",
        )
    )  # fmt: skip


@app.command()
def hub(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8100,
    faults: Annotated[str, typer.Option(help="Faults to play, such as `error:0.3` or `twice`.")] = "",
    state: Annotated[Path | None, typer.Option(help="File that keeps the nodes over a restart.")] = None,
) -> None:
    """The simulator of a Vitalink-like hub."""
    from dzop.exchange.hub import Faults, serve_hub

    try:
        played = Faults.read(faults)
    except ValueError as wrong:
        raise WrongUse(f"--faults: {wrong}") from None
    serve_hub(port, played, state)


@exchange_app.command("status")
def exchange_status(partners: Partners = None, database: Database = None) -> None:
    """What each partner still has to get, and what was set aside."""
    from dzop.exchange.operation import status

    for lines in _with_partners(
        partners, database, lambda store, partner: status(store, partner, datetime.now(UTC))
    ):
        for line in lines:
            typer.echo(line)


@exchange_app.command("retry")
def exchange_retry(partners: Partners = None, database: Database = None) -> None:
    """Tries again all that was set aside; after a conflict our own version is sent upon theirs."""
    from dzop.exchange.operation import retry

    again = _with_partners(
        partners, database, lambda store, partner: retry(store, partner, datetime.now(UTC))
    )
    typer.echo(f"{sum(again)} to be tried again.")


@exchange_app.command("quarantine")
def exchange_quarantine(partners: Partners = None, database: Database = None) -> None:
    """Lists what somebody must look at; exit 1 when there is anything."""
    from dzop.exchange.operation import quarantine

    found = [line for lines in _with_partners(partners, database, quarantine) for line in lines]
    for line in found:
        typer.echo(line)
    typer.echo(f"{len(found)} in quarantine" if found else "Nothing is in quarantine.")
    raise typer.Exit(1 if found else 0)


@exchange_app.command("offer")
def exchange_offer(partners: Partners = None, database: Database = None) -> None:
    """Enters what was written before a partner was configured."""
    from dzop.exchange.operation import offer

    entered = _with_partners(
        partners, database, lambda store, partner: offer(store, partner, datetime.now(UTC))
    )
    typer.echo(f"{sum(entered)} resources entered.")


@access_app.command("explain")
def access_explain(
    actor: Annotated[str, typer.Option(help="Who, such as Practitioner/x.")],
    resource: Annotated[str, typer.Option(help="What, such as Goal/x.")],
    action: Annotated[str, typer.Option(help="read, create, update, delete or share.")] = "read",
    database: Database = None,
) -> None:
    """Says permit or deny, and by which rules; exit 0 for permit, 1 for deny."""
    from dzop.operator import explain

    with _database(_settings(database_url=database)) as settings:
        decision = asyncio.run(explain(settings, actor, resource, action))
    if decision is None:
        typer.echo(f"deny\n  there is no {resource}")
        raise typer.Exit(1)
    typer.echo("permit" if decision.permit else "deny")
    for rule in decision.rules:
        typer.echo(f"  {rule}")
    typer.echo(f"  matrix {decision.matrix_version}")
    raise typer.Exit(0 if decision.permit else 1)


@app.command()
def verify(database: Database = None) -> None:
    """Checks version chains, index against body, and grants against law; lists every difference."""
    from dzop.operator import differences

    with _database(_settings(database_url=database)) as settings:
        found = asyncio.run(differences(settings))
    for line in found:
        typer.echo(line)
    typer.echo(f"{len(found)} differences" if found else "No differences.")
    raise typer.Exit(1 if found else 0)


@matrix_app.command("show")
def matrix_show(category: Annotated[str | None, typer.Argument(help="One data category.")] = None) -> None:
    """Prints who may do what."""
    typer.echo(published.as_markdown(category))


@matrix_app.command("export")
def matrix_export(
    format: Annotated[str, typer.Option("--format", help="csv or md; fhir follows in a later part.")] = "csv",
) -> None:
    """Writes the matrix for others to read."""
    writers = {"csv": published.as_csv, "md": published.as_markdown}
    if format not in writers:
        raise WrongUse(f"--format takes {' or '.join(writers)}")
    typer.echo(writers[format]())


@matrix_app.command("check")
def matrix_check() -> None:
    """Checks that every cell is there and means something; exit 1 and a list when not."""
    faults = matrix.check(published.lines())
    for fault in faults:
        typer.echo(fault)
    typer.echo(
        f"{len(faults)} faults" if faults else f"The matrix is complete (version {matrix.load().version})."
    )
    raise typer.Exit(1 if faults else 0)


# -- what several commands need --------------------------------------------------------------------------


def _settings(**given: object) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def _database(settings: Settings) -> AbstractContextManager[Settings]:
    """A database that is there and has the newest schema; a wrong partners file is told before it starts."""
    from dzop.serving import database

    _partners(settings)
    return database(settings)


def _partners(settings: Settings) -> tuple[Partner, ...]:
    """The configured partners; what is wrong in their file is told before anything starts."""
    from dzop.exchange.partners import partners

    try:
        return partners(settings.partners) if settings.partners else ()
    except ValueError as wrong:
        raise Problem(str(wrong)) from None


def _with_partners(
    partners: Path | None, url: str | None, ask: Callable[[Any, Any], Coroutine[Any, Any, Answer]]
) -> list[Answer]:
    """What `ask(database, partner)` answers for each configured partner."""
    from dzop.store.database import Database as Opened

    with _database(_settings(partners=partners, database_url=url)) as settings:
        known = _partners(settings)
        if not known:
            raise Problem("no partners are configured: give --partners FILE or set DZOP_PARTNERS")

        async def answers() -> list[Answer]:
            async with Opened.opened(str(settings.database_url), 2) as database:
                return [await ask(database, partner) for partner in known]

        return asyncio.run(answers())


def _is_subject(text: str) -> bool:
    kind, _, id = text.partition("/")
    kinds = ("Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization")
    return text == "system" or (kind in kinds and bool(id))
