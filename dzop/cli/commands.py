"""The commands that stand by themselves, and how a command ends."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import track

from dzop.cli import access, accounts, clients, exchange, keys, matrix, terminology
from dzop.cli.gp_sim import gp_sim
from dzop.cli.options import Database, Partners, is_subject, ready_database, sandbox_settings, settings_of
from dzop.cli.renewal import renew
from dzop.problems import Problem, WrongUse

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The command line. Exit codes: 0 done, 1 the work found problems, 2 wrong use.",
)
app.add_typer(matrix.commands, name="matrix")
app.add_typer(access.commands, name="access")
app.add_typer(exchange.commands, name="exchange")
app.add_typer(clients.commands, name="client")
app.add_typer(accounts.commands, name="account")
app.add_typer(keys.commands, name="keys")
app.add_typer(terminology.commands, name="terminology")
app.command("gp-sim")(gp_sim)
_err = Console(stderr=True)
_LONG = 10**9  # seconds, some thirty years
# What a wrong option raises; typer exports only this child of it.
_NotUnderstood: Any = typer.BadParameter.__base__


def main() -> None:
    """Runs a command; an expected problem is one line on stderr, never a traceback."""
    # Imported late: only a command that fails needs to know how databases fail.
    import asyncpg

    from dzop.fhir.outcome import FhirError
    from dzop.store.embedded import EmbeddedError

    try:
        sys.exit(app(standalone_mode=False))
    except _NotUnderstood as wrong:
        _give_up(" ".join(wrong.format_message().split()), 2)
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

    given = settings_of(host=host, port=port, workers=workers, database_url=database)
    with ready_database(given, serves=True) as settings:
        renew(settings, _err)
        run(settings)


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Start again from the data as delivered.")] = False,
    partners: Partners = None,
) -> None:
    """The service with the demo persons and the sandbox login, on an embedded database."""
    from dzop.here import remove_embedded
    from dzop.serving import load_demo, run, welcome

    given = settings_of(
        port=port, sandbox=True, registration="open", client_ids="any", identifier_checks="warning",
        partners=partners,
    )  # fmt: skip
    settings = given.model_copy(update={"database_url": None})
    if reset:
        remove_embedded(settings)
    with ready_database(settings, serves=True) as ready:
        renew(ready, _err)
        asyncio.run(load_demo(ready))
        welcome(ready)
        run(ready)


@app.command()
def migrate(database: Database = None) -> None:
    """Brings the database to the newest schema, with what dzop ships, and indexes what has to be; safe to run twice."""
    with ready_database(settings_of(database_url=database)) as settings:
        left = renew(settings, _err)
    typer.echo("The database has the newest schema.")
    if left:
        raise Problem(f"{left} resources were written by an older process since: stop it, then migrate again")


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
    with ready_database(settings_of(database_url=database)) as settings:
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
    ttl: Annotated[
        int,
        typer.Option(min=-_LONG, max=_LONG, help="Seconds it is valid; negative for an expired one."),
    ] = 3600,
) -> None:
    """Prints a bearer token of the sandbox issuer."""
    from dzop.auth.keys import signing_key
    from dzop.auth.tokens import issue

    settings = sandbox_settings()
    if not is_subject(who):
        raise WrongUse("--for takes TYPE/ID, such as Patient/jet-peeters, or system")
    by_itself = who == "system" or who.startswith("Organization/")
    scopes = scope or ("system/*.cruds" if by_itself else "user/*.cruds patient/*.cruds")
    try:
        made = issue(
            signing_key(settings.keys), issuer=settings.issuer, audience=settings.audience, subject=who,
            scope=scopes, role=role, ttl=ttl, now=datetime.now(UTC), client_id="dzop-token",
        )  # fmt: skip
    except ValueError as wrong:
        raise WrongUse(str(wrong)) from None
    typer.echo(made)


@app.command()
def proof(
    who: Annotated[str, typer.Option("--for", help="Practitioner/x, or Organization/x for its software.")],
    ssin: Annotated[str, typer.Option(help="The number of the person, 11 digits.")],
    kind: Annotated[str, typer.Option(help="eid-reading, pharmacy-delivery, referral, ... or gmd.")],
) -> None:
    """Prints evidence of a relation of care that the sandbox accepts once, within ten minutes."""
    from dzop.auth.keys import proof_key
    from dzop.auth.proofs import KINDS, Claim, sandbox_evidence

    settings = sandbox_settings()
    if not who.startswith(("Practitioner/", "Organization/")):
        raise WrongUse("--for takes TYPE/ID, such as Practitioner/dr-van-acker")
    if kind not in KINDS:
        raise WrongUse(f"--kind takes one of {', '.join(KINDS)}")
    typer.echo(sandbox_evidence(proof_key(settings.keys), Claim(ssin, who, (), kind), datetime.now(UTC)))


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


@app.command()
def verify(database: Database = None) -> None:
    """Checks versions, index against body, grants against law, and the sealed audit; lists every difference."""
    from dzop.operator import differences

    with ready_database(settings_of(database_url=database)) as settings:
        found = asyncio.run(differences(settings))
    for line in found:
        typer.echo(line)
    typer.echo(f"{len(found)} differences" if found else "No differences.")
    raise typer.Exit(1 if found else 0)
