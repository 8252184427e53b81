"""The command line. Exit codes: 0 done, 1 the work found problems, 2 wrong use."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import track

from consent.categories import CATEGORIES
from consent.matrix import ACTIONS
from consent.matrix import Matrix as Reviewed
from consent.published import as_csv, faults, read_reviewed
from dzop.definitions.words import LANGUAGES
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
_out = Console()
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

Matrix = Annotated[
    Path | None,
    typer.Option(
        "--matrix", envvar="DZOP_MATRIX", exists=True, dir_okay=False, help="CSV of an access matrix."
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

    settings = _sandbox_settings()
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
def proof(
    who: Annotated[str, typer.Option("--for", help="Practitioner/x, or Organization/x for its software.")],
    ssin: Annotated[str, typer.Option(help="The number of the person, 11 digits.")],
    kind: Annotated[str, typer.Option(help="eid-reading, pharmacy-delivery, referral, ... or gmd.")],
) -> None:
    """Prints evidence of a relation of care that the sandbox accepts once, within ten minutes."""
    from dzop.auth.keys import signing_key
    from dzop.auth.proofs import KINDS, Claim, sandbox_evidence

    settings = _sandbox_settings()
    if not who.startswith(("Practitioner/", "Organization/")):
        raise WrongUse("--for takes TYPE/ID, such as Practitioner/dr-van-acker")
    if kind not in KINDS:
        raise WrongUse(f"--kind takes one of {', '.join(KINDS)}")
    typer.echo(sandbox_evidence(signing_key(settings.keys), Claim(ssin, who, (), kind), datetime.now(UTC)))


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
    actor: Annotated[str, typer.Option(help="Who, such as Practitioner/x, or PractitionerRole/x.")],
    resource: Annotated[str | None, typer.Option(help="What, such as Goal/x.")] = None,
    category: Annotated[str | None, typer.Option(help="Or a data category of --patient.")] = None,
    patient: Annotated[str | None, typer.Option(help="Whose plan, such as Patient/x.")] = None,
    action: Annotated[str, typer.Option(help="read, create, update, delete or share.")] = "read",
    language: Annotated[str, typer.Option(help="nl, fr, de or en.")] = "nl",
    database: Database = None,
) -> None:
    """Says permit or deny, and why, in plain words and by which rules; exit 0 for permit, 1 for deny."""
    from dzop.access.explaining_reasons import AskedAccess
    from dzop.explanation.shown import shown
    from dzop.operator import explain

    _require_asked(actor, resource, category, patient, action, language)
    asked = AskedAccess(actor, datetime.now(UTC), action, resource or "", category or "")
    of = patient and patient.removeprefix("Patient/")
    with _database(_settings(database_url=database)) as settings:
        found = asyncio.run(explain(settings, asked, of, language))
    if found is None:
        typer.echo(f"deny\n  there is no {resource} in a plan")
        raise typer.Exit(1)
    reasons = [(each.text, each.rule) for each in found.reasons]
    for line in shown(language, found.permit, found.text, reasons, found.matrix_version):
        _out.print(line, highlight=False, soft_wrap=True)
    raise typer.Exit(0 if found.permit else 1)


@access_app.command("reviews")
def access_reviews(database: Database = None) -> None:
    """Lists every emergency that was declared, for the reviewer: when, who, of whom, why, until when."""
    from dzop.operator import broken_glass

    with _database(_settings(database_url=database)) as settings:
        found = asyncio.run(broken_glass(settings))
    for each in found:
        typer.echo(
            f"{each.since}  {each.who}  {each.person}  until {each.until}  {each.consent}\n  {each.reason}"
        )
    typer.echo(f"{len(found)} in all" if found else "No emergency was declared.")


@app.command()
def verify(database: Database = None) -> None:
    """Checks versions, index against body, grants against law, and the sealed audit; lists every difference."""
    from dzop.operator import differences

    with _database(_settings(database_url=database)) as settings:
        found = asyncio.run(differences(settings))
    for line in found:
        typer.echo(line)
    typer.echo(f"{len(found)} differences" if found else "No differences.")
    raise typer.Exit(1 if found else 0)


@matrix_app.command("show")
def matrix_show(
    category: Annotated[str | None, typer.Argument(help="One data category.")] = None, matrix: Matrix = None
) -> None:
    """Prints who may do what, in words."""
    from dzop.definitions.matrix_page import matrix_page

    law = _reviewed(matrix)
    if category not in (None, *CATEGORIES):
        raise WrongUse(f"there is no data category `{category}`; there are {', '.join(CATEGORIES)}")
    typer.echo(matrix_page(law, category), nl=False)


@matrix_app.command("export")
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


@matrix_app.command("check")
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


@matrix_app.command("status")
def matrix_status(database: Database = None) -> None:
    """Says which matrix is in force, which one is coming and how far that is, and which ones are known."""
    from dzop.operator import matrix_progress

    with _database(_settings(database_url=database)) as settings:
        state = asyncio.run(matrix_progress(settings))
    typer.echo(f"in force  {state.version}  since {state.since:%Y-%m-%d %H:%M} UTC")
    if state.coming:
        typer.echo(f"coming    {state.coming}  compiled for {state.compiled} of {state.persons} persons")
    for version, since in state.known:
        typer.echo(f"known     {version}  since {since:%Y-%m-%d %H:%M} UTC")


@matrix_app.command("use")
def matrix_use(
    version: Annotated[str, typer.Argument(help="A version that `dzop matrix status` lists.")],
    again: Annotated[bool, typer.Option("--again", help="Compile it also when it is in force.")] = False,
    database: Database = None,
) -> None:
    """Makes a known matrix the next one; a running service compiles it and switches."""
    from dzop.operator import use_matrix

    with _database(_settings(database_url=database)) as settings:
        known = asyncio.run(use_matrix(settings, version, again=again))
    if not known:
        raise Problem(f"no matrix of version `{version}` is known here; `dzop matrix status` lists them")
    typer.echo(f"Matrix {version} is next, or in force already.")


# -- what several commands need --------------------------------------------------------------------------


def _settings(**given: object) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def _sandbox_settings() -> Settings:
    """The settings, where the sandbox is on."""
    from dzop.serving import sandbox_is_on

    settings = _settings()
    if not sandbox_is_on(settings):
        raise Problem("the sandbox issuer is off: set DZOP_SANDBOX=1, or run `dzop demo` here")
    return settings


def _database(settings: Settings) -> AbstractContextManager[Settings]:
    """A database that is there and has the newest schema; a wrong file is told before it starts."""
    from dzop.serving import database

    _partners(settings)
    _check_matrix(settings)
    _check_verifiers(settings)
    return database(settings)


def _check_matrix(settings: Settings) -> None:
    """What is wrong with a matrix of one's own is told before anything starts."""
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


def _require_asked(
    actor: str, resource: str | None, category: str | None, patient: str | None, action: str, language: str
) -> None:
    """What is wrong with a question to the law is told before a database is opened."""
    if not _is_subject(actor):
        raise WrongUse("--actor takes TYPE/ID, such as Practitioner/dr-van-acker")
    if (resource is None) == (category is None) or (category is not None and patient is None):
        raise WrongUse("give either --resource TYPE/ID, or --category CODE with --patient Patient/ID")
    for option, value, known in (
        ("--category", category, CATEGORIES), ("--action", action, ACTIONS), ("--language", language, LANGUAGES)
    ):  # fmt: skip
        if value is not None and value not in known:
            raise WrongUse(f"{option} takes one of {', '.join(known)}")


def _is_subject(text: str) -> bool:
    kind, _, id = text.partition("/")
    kinds = ("Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization")
    return text == "system" or (kind in kinds and bool(id))
