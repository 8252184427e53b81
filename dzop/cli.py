"""The command line. Exit codes: 0 done, 1 the work found problems, 2 wrong use."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import track

from consent import matrix, published
from dzop.settings import Settings

if TYPE_CHECKING:
    from dzop.exchange.partners import Partner
    from dzop.loading import Report

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
matrix_app = typer.Typer(no_args_is_help=True, help="The access matrix.")
app.add_typer(matrix_app, name="matrix")
access_app = typer.Typer(no_args_is_help=True, help="Access decisions.")
app.add_typer(access_app, name="access")
exchange_app = typer.Typer(no_args_is_help=True, help="The exchange with partners.")
app.add_typer(exchange_app, name="exchange")
_err = Console(stderr=True)
_SANDBOX_SIGN = "sandbox-is-on"
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


class Problem(Exception):
    """One line for the person at the keyboard."""


def main() -> None:
    """Runs a command; an expected problem is one line on stderr, never a traceback."""
    # Imported late: only a command that fails needs to know how databases fail.
    import asyncpg

    from dzop.store.embedded import EmbeddedError

    try:
        app()
    except (Problem, EmbeddedError) as problem:
        _err.print(f"dzop: {problem}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except (OSError, asyncpg.PostgresError) as problem:
        _err.print(f"dzop: {type(problem).__name__}: {problem}", highlight=False, soft_wrap=True)
        sys.exit(1)


@contextmanager
def _database(settings: Settings) -> Iterator[Settings]:
    """The settings with a database that is there and has the newest schema."""
    from dzop.store.embedded import embedded
    from dzop.store.migrations import migrate

    # Told to stop, we leave this block and stop the database too; uvicorn sends itself the signal again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _partners(settings)
    source = nullcontext(settings.database_url) if settings.database_url else embedded(settings.var)
    with source as url:
        migrate(str(url))
        yield settings.model_copy(update={"database_url": url})


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that answer requests.")] = None,
    database: Database = None,
) -> None:
    """The service; without a database URL on an embedded database under ./var."""
    with _database(_settings(host=host, port=port, workers=workers, database_url=database)) as settings:
        _run(settings)


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Start again from the data as delivered.")] = False,
    partners: Partners = None,
) -> None:
    """The service with the demo persons and the sandbox login, on an embedded database."""
    settings = _settings(port=port, sandbox=True, client_ids="any", database_url=None, partners=partners)
    if reset:
        _remove_embedded(settings)
    with _database(settings) as ready:
        asyncio.run(_load_demo(ready))
        _welcome(ready)
        _run(ready)


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
    if not as_system:
        raise Problem("only the operator loads files: add --as-system")
    with _database(_settings(database_url=database)) as settings:
        report = asyncio.run(_load(settings, paths))
    raise typer.Exit(_reported(report))


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

    settings = _settings()
    if not settings.sandbox and not _demo_is_running(settings):
        raise Problem("the sandbox issuer is off: set DZOP_SANDBOX=1, or run `dzop demo` here")
    if not _is_subject(who):
        typer.echo("dzop: --for takes TYPE/ID, such as Patient/jet-peeters, or system", err=True)
        raise typer.Exit(2)
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
        typer.echo(f"dzop: --faults: {wrong}", err=True)
        raise typer.Exit(2) from None
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
        typer.echo(f"dzop: --format takes {' or '.join(writers)}", err=True)
        raise typer.Exit(2)
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


# -- what the commands do ------------------------------------------------------------------------------


def _settings(**given: object) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


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


def _run(settings: Settings) -> None:
    """Serves until told to stop; while the sandbox is on, a file says so to the commands started beside it."""
    import uvicorn

    sign = settings.var / _SANDBOX_SIGN
    if settings.sandbox:
        sign.parent.mkdir(parents=True, exist_ok=True)
        sign.touch()
    environment = {
        f"DZOP_{name.upper()}": str(value) for name, value in settings.model_dump(exclude_none=True).items()
    }
    os.environ.update(environment)
    uvicorn.run(
        "dzop.app:from_environment", factory=True, host=settings.host, port=settings.port,
        workers=settings.workers if settings.workers > 1 else None, log_level="warning", access_log=False,
        server_header=False, date_header=True, proxy_headers=False, timeout_graceful_shutdown=10,
    )  # fmt: skip
    sign.unlink(missing_ok=True)


def _remove_embedded(settings: Settings) -> None:
    import shutil

    shutil.rmtree(settings.var / "postgres", ignore_errors=True)


async def _load_demo(settings: Settings) -> None:
    from dzop import demo as demo_data
    from dzop.loading import Loader, from_bytes
    from dzop.operator import opened

    async with opened(settings) as gateway:
        loader = Loader(gateway, datetime.now(UTC))
        if await loader.is_loaded("Patient", "jet-peeters"):
            return
        for document in demo_data.documents():
            for piece in from_bytes(document.name, document.read_bytes()):
                await loader.load(piece)
    if loader.report.faults:
        raise Problem(f"the demo data could not be loaded: {loader.report.faults[0]}")


def _welcome(settings: Settings) -> None:
    from dzop.demo.people import PEOPLE

    out = Console()
    out.print(f"\n[bold]dzop[/bold] is ready.\n\n  Portal   {settings.public_url}/portal/", highlight=False)
    out.print(f"  FHIR     {settings.fhir_base}\n  Docs     {settings.public_url}/docs\n", highlight=False)
    out.print("Who can log in (also `.venv/bin/dzop token --for REFERENCE`):\n", highlight=False)
    for each in PEOPLE:
        out.print(f"  {each.reference:45} {each.name}, {each.role['en']}", highlight=False, soft_wrap=True)
    out.print("\nStop with Ctrl-C.", highlight=False)


async def _load(settings: Settings, paths: list[Path]) -> Report:
    from dzop.loading import Loader, files, is_skipped, pieces
    from dzop.operator import opened

    async with opened(settings) as gateway:
        loader = Loader(gateway, datetime.now(UTC))
        for path in track(list(files(paths)), "Loading", console=_err, transient=True):
            if is_skipped(path):
                loader.report.skipped.append(str(path))
                continue
            for piece in pieces(path):
                await loader.load(piece)
    return loader.report


def _reported(report: Report) -> int:
    for title, counts in (
        ("stored", report.stored), ("unchanged", report.unchanged),
        ("of a type that stays at its source", report.not_held), ("without a person, for `system` only", report.without_person),
    ):  # fmt: skip
        if counts:
            each = ", ".join(f"{type} {number}" for type, number in sorted(counts.items()))
            typer.echo(f"{sum(counts.values())} {title}: {each}")
    for title, lines in (
        ("skipped (XML is not read yet)", report.skipped),
        ("warning", report.warnings),
        ("fault", report.faults),
    ):
        for line in lines:
            typer.echo(f"{title}: {line}")
    return 1 if report.faults else 0


def _demo_is_running(settings: Settings) -> bool:
    return (settings.var / _SANDBOX_SIGN).exists()


def _is_subject(text: str) -> bool:
    kind, _, id = text.partition("/")
    kinds = ("Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization")
    return text == "system" or (kind in kinds and bool(id))
