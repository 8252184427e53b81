"""Settings, each one environment variable `DZOP_<NAME>`; a `serve` option of the same name wins."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_REGISTRARS = r"^Organization/[A-Za-z0-9.-]{1,64}(\s+Organization/[A-Za-z0-9.-]{1,64})*$"


class Settings(BaseSettings):
    """All that an operator can set. Every field is described in docs/settings.md, and a test checks it."""

    model_config = SettingsConfigDict(env_prefix="DZOP_", frozen=True)

    database_url: str | None = Field(None, description="PostgreSQL; without it an embedded one under `var`.")
    var: Path = Field(Path("var"), description="Folder of the embedded database, keys and logs.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, description="Port to listen on.")
    base_url: str | None = Field(None, description="Public address of the service, without `/fhir`.")
    workers: int = Field(1, ge=1, description="Processes that answer requests.")
    pool_size: int = Field(10, ge=2, description="Database connections per worker.")
    sandbox: bool = Field(
        False, description="Sandbox issuer and login, and `system` over HTTP. Never in production."
    )
    production: bool | None = Field(
        None,
        description="Whether this serves real persons; by itself when `base_url` is not of this machine.",
    )
    issuers: Path | None = Field(
        None, description="TOML file of identity providers whose tokens are trusted; without it none."
    )
    registration: Literal["closed", "open"] = Field(
        "closed", description="Whether an app may register itself (RFC 7591); `demo` opens it."
    )
    token_minutes: int = Field(60, ge=1, le=60, description="How long an access token of a user lasts.")
    offline_days: int = Field(90, ge=1, description="How long an app may stay connected without its user.")
    login_idle_minutes: int = Field(
        30, ge=1, description="After how long without a sign of life a login ends."
    )
    login_hours: int = Field(12, ge=1, description="After how long a login ends in any case.")
    login_attempts: int = Field(
        5,
        ge=1,
        description="Wrong passwords within a quarter of an hour that lock an account; ten times as many an address.",
    )
    trusted_proxies: str | None = Field(
        None, description="Addresses of proxies whose word about the client's address counts, by commas."
    )
    issuer: str = Field("https://dzop.example/sandbox", description="`iss` of sandbox tokens.")
    audience: str = Field("https://dzop.example/fhir", description="`aud` that a token must carry.")
    client_ids: Literal["any", "uuid", "none"] = Field(
        "uuid", description="Resource ids that a PUT may choose."
    )
    max_body: int = Field(5_000_000, ge=1_000, description="Largest request body, in bytes.")
    page_size: int = Field(50, ge=1, le=1_000, description="Matches on a page when `_count` is absent.")
    bundle_entries: int = Field(1_000, ge=1, description="Most entries of a batch or transaction.")
    expansion_limit: int = Field(
        10_000, ge=1, description="Most codes of an expansion; a larger one is asked in pages."
    )
    identifier_checks: Literal["error", "warning", "off"] = Field(
        "error",
        description="What a national number with wrong check digits is: refused, remarked on, or let be.",
    )
    search_timeout: int = Field(
        10, ge=1, description="Seconds after which a statement that reads is given up."
    )
    matrix: Path | None = Field(
        None, description="CSV of an access matrix of one's own; without it the one shipped."
    )
    partners: Path | None = Field(None, description="TOML file of exchange partners; without it none.")
    registrars: str | None = Field(
        None, pattern=_REGISTRARS, description="Organizations whose software enters persons and mandates."
    )
    break_glass: bool = Field(False, description="Whether a health professional may declare an emergency.")
    proof_verifiers: str | None = Field(
        None, description="Who verifies which proof of a relation of care: KIND=MODULE:NAME, by spaces."
    )
    declarations_an_hour: int = Field(
        20, ge=1, description="How often one actor may declare a relation, or an emergency, in an hour."
    )

    anchors: Path | None = Field(
        None, description="Folder where the head of the audit is written down; without it one under `var`."
    )

    @property
    def anchor_folder(self) -> Path:
        """Where the head of the audit's chain is written down, outside the database."""
        return self.anchors or self.var / "anchors"

    @property
    def registrar_names(self) -> frozenset[str]:
        """The registrars, each as `Organization/x`."""
        return frozenset((self.registrars or "").split())

    @property
    def keys(self) -> Path:
        """Where the service keeps its keys, outside the database."""
        return self.var / "keys"

    @property
    def public_url(self) -> str:
        """Where clients reach the service, without a slash at the end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def fhir_base(self) -> str:
        return f"{self.public_url}/fhir"

    @property
    def own_issuer(self) -> str:
        """`iss` of the tokens of the authorization server that is built in."""
        return f"{self.public_url}/auth"
