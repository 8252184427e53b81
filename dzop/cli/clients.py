"""dzop client: the apps and organisations' systems that may ask for tokens."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from dzop.cli.options import Database, ready_database, settings_of
from dzop.problems import Problem, WrongUse

if TYPE_CHECKING:
    from dzop.auth.client import Client
    from dzop.auth.registry import Registered
    from dzop.settings import Settings

Answer = TypeVar("Answer")
Id = Annotated[str, typer.Argument(help="The id of the client.")]
commands = typer.Typer(
    no_args_is_help=True, help="The apps and organisations' systems that may ask for tokens."
)


@commands.command("add")
def add_client(
    name: Annotated[str, typer.Argument(help="What people are shown.")],
    redirect: Annotated[
        list[str] | None, typer.Option(help="Where a browser comes back to; exact, may be repeated.")
    ] = None,
    after_logout: Annotated[
        list[str] | None, typer.Option(help="Where a browser may go after logging out; may be repeated.")
    ] = None,
    launch_uri: Annotated[str | None, typer.Option(help="Where an EHR opens the app.")] = None,
    scope: Annotated[str, typer.Option(help="The most it may ask for; an app without may ask for all.")] = "",
    jwks: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="File with its public keys.")
    ] = None,
    jwks_uri: Annotated[str | None, typer.Option(help="Where it publishes its public keys.")] = None,
    backend: Annotated[
        bool, typer.Option("--backend", help="It acts by itself, for an organisation.")
    ] = False,
    organization: Annotated[str | None, typer.Option(help="For whom: Organization/x.")] = None,
    introspects: Annotated[
        bool,
        typer.Option("--introspects", help="A service that takes our tokens, and may ask about all of them."),
    ] = False,
    client_id: Annotated[str | None, typer.Option(help="An id of your own choosing.")] = None,
    database: Database = None,
) -> None:
    """Registers a client and prints its id."""
    from dzop.auth import registry
    from dzop.auth.metadata import INTROSPECTS, ORGANIZATION

    if not (redirect or backend):
        raise WrongUse("an app needs --redirect, and a system that acts by itself --backend")
    of_user = ["authorization_code", "refresh_token"] if redirect else []
    metadata = {
        "client_name": name,
        "redirect_uris": redirect or [],
        "post_logout_redirect_uris": after_logout or [],
        "launch_uri": launch_uri,
        "scope": scope,
        "jwks": _key_set(jwks) if jwks else None,
        "jwks_uri": jwks_uri,
        "grant_types": [*of_user, *(["client_credentials"] if backend else [])],
        ORGANIZATION: organization,
        INTROSPECTS: introspects,
    }

    async def add(opened: Any, settings: Settings) -> str:
        client = _checked(client_id or secrets.token_hex(12), metadata, settings)
        if not await registry.add(opened, client, datetime.now(UTC)):
            raise Problem(f"`{client.client_id}` is taken, or was until a moment ago: choose another id")
        return client.client_id

    typer.echo(_with_database(database, add))


@commands.command("list")
def list_clients(database: Database = None) -> None:
    """Lists the clients: id, state, who registered it, and name."""
    from dzop.auth import registry

    async def both(opened: Any, settings: Settings) -> tuple[Sequence[Registered], Sequence[str]]:
        return await registry.every(opened), await registry.disabled_elsewhere(opened)

    registered, elsewhere = _with_database(database, both)
    for each in registered:
        state = "disabled" if each.disabled else "enabled"
        origin = "by itself" if each.is_dynamic else "by the operator"
        typer.echo(f"{each.client.client_id}  {state}  {origin}  {each.client.name}")
    for client_id in elsewhere:
        typer.echo(f"{client_id}  disabled  at another issuer")


@commands.command("show")
def show_client(client_id: Id, database: Database = None) -> None:
    """Prints a client as JSON, by the names of RFC 7591."""
    from dzop.auth import registry

    found = _with_database(database, lambda opened, _: registry.find(opened, client_id))
    if found is None:
        raise Problem(_unknown(client_id))
    typer.echo(json.dumps(_shown(found), indent=2, ensure_ascii=False))


@commands.command("disable")
def disable_client(client_id: Id, database: Database = None) -> None:
    """Takes nothing of this client any more, also of its tokens that have not expired, within a second."""
    from dzop.auth import registry

    _require_not_portal(client_id)
    now = datetime.now(UTC)
    if _with_database(database, lambda opened, _: registry.disable(opened, client_id, now)):
        typer.echo(f"{client_id} is disabled.")
    else:
        typer.echo(f"{client_id} is not registered here; tokens that others give it are refused from now on.")


@commands.command("enable")
def enable_client(client_id: Id, database: Database = None) -> None:
    """Takes what this client does again."""
    from dzop.auth import registry

    _require_not_portal(client_id)
    if _with_database(database, lambda opened, _: registry.enable(opened, client_id)):
        typer.echo(f"{client_id} is enabled.")
    else:
        typer.echo(f"{client_id} is not registered here; tokens that others give it are accepted again.")


@commands.command("remove")
def remove_client(client_id: Id, database: Database = None) -> None:
    """Forgets a client and all that people allowed it."""
    from dzop.auth import registry

    _require_not_portal(client_id)
    now = datetime.now(UTC)
    if not _with_database(database, lambda opened, _: registry.remove(opened, client_id, now)):
        raise Problem(_unknown(client_id))
    typer.echo(f"{client_id} is removed.")


def _with_database(url: str | None, ask: Callable[[Any, Settings], Coroutine[Any, Any, Answer]]) -> Answer:
    """What `ask(database, settings)` answers, beside a service that may be running."""
    from dzop.store.database import Database as Opened

    with ready_database(settings_of(database_url=url)) as settings:

        async def answer() -> Answer:
            async with Opened.opened(str(settings.database_url), 2) as database:
                return await ask(database, settings)

        return asyncio.run(answer())


def _checked(client_id: str, metadata: dict[str, Any], settings: Settings) -> Client:
    from authlib.oauth2 import OAuth2Error

    from dzop.auth.metadata import Rules, client_of, is_client_id
    from dzop.auth.redirects import Redirects, origin_of

    if not is_client_id(client_id):
        raise WrongUse("--client-id has letters, digits, `.`, `_` and `-`, and begins with a letter or digit")
    _require_not_portal(client_id)
    rules = Rules(Redirects(origin_of(settings.public_url), loopback=True, native=True), is_operator=True)
    try:
        return client_of(client_id, metadata, rules)
    except OAuth2Error as wrong:
        raise WrongUse(str(wrong.description)) from None


def _require_not_portal(client_id: str) -> None:
    from dzop.auth.registry import PORTAL

    if client_id == PORTAL:
        raise WrongUse(f"`{PORTAL}` is built in")


def _key_set(path: Path) -> Any:
    """A JWK Set, also of a file that holds a single key."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise Problem(f"{path} is not JSON") from None
    return {"keys": [content]} if isinstance(content, dict) and "kty" in content else content


def _shown(registered: Registered) -> dict[str, Any]:
    from dzop.auth.metadata import ORGANIZATION
    from dzop.auth.registry import registration

    client, disabled = registered.client, registered.disabled
    return {
        "client_id": client.client_id,
        **registration(client),
        **({ORGANIZATION: client.organization} if client.organization else {}),
        "registered": "by itself" if registered.is_dynamic else "by the operator",
        "created": registered.created.isoformat(),
        **({"disabled": disabled.isoformat()} if disabled else {}),
    }


def _unknown(client_id: str) -> str:
    return f"`{client_id}` is not registered here: `dzop client list` shows what is"
