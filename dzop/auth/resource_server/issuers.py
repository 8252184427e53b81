"""The identity providers whose tokens are trusted, one table each in the TOML file of `DZOP_ISSUERS`.

    [[issuer]]
    name = "iam"                                        # in the log, and on the login page's button
    issuer = "https://idp.example/realms/healthcare"    # exactly the `iss` of its tokens
    audience = ["https://dzop.example/fhir"]            # one of these must be in `aud`; else our FHIR base
    jwks_uri = "https://idp.example/keys"               # else by discovery at the issuer
    algorithms = ["RS256", "ES256"]                     # asymmetric signatures that it uses
    types = ["at+jwt"]                                  # `typ` of its access tokens
    required = { typ = "Bearer" }                       # claims that an access token must have, as they must be
    leeway = 30                                         # seconds that its clock may differ, at most 60
    clients = ["gp-software"]                           # `client_id` or `azp` that may ask; else any
    scope = "user/*.cruds"                              # what a token without SMART scopes may do; else nothing

    [issuer.introspection]                              # for opaque tokens; at most one issuer
    endpoint = "https://idp.example/introspect"         # else by discovery
    client_id = "dzop"
    key_file = "dzop.jwk.json"                          # private_key_jwt; or `secret_file`, client_secret_basic
    signed = false                                      # whether signed tokens are asked about too

`[issuer.claims]` and `[issuer.disciplines]` say who a token is about (`dzop/auth/identities.py`), `[issuer.assurance]`
how sure the issuer must be (`dzop/auth/assurance.py`), `[issuer.login]` that people log in there
(`dzop/auth/login/registration.py`).

Files are found beside the TOML file. An issuer whose access tokens say `typ: JWT` (Keycloak) must have
`required`, or its id tokens could be taken for access tokens (https://www.rfc-editor.org/rfc/rfc8725#section-3.12).
"""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from dzop.auth.assurance import Assurance
from dzop.auth.identities import IdentityMapping
from dzop.auth.login.registration import Registration
from dzop.auth.resource_server.addresses import safe
from dzop.auth.resource_server.credentials import Credentials

__all__ = ["ALGORITHMS", "Introspection", "SafeUrl", "TrustedIssuer", "read_issuers", "trusted_issuers"]

ALGORITHMS = frozenset(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512))
"""Asymmetric signatures only, so that a public key can never serve as a shared secret."""
ACCESS_TOKEN = "at+jwt"
MAX_LEEWAY = 60
_TABLES = ("claims", "disciplines", "assurance")


def _asymmetric(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or not ALGORITHMS.issuperset(names):
        raise ValueError(f"must be some of {', '.join(sorted(ALGORITHMS))}")
    return names


def _without_query(issuer: str) -> str:
    if urlsplit(issuer).query:
        raise ValueError("must be an address without query")
    return issuer


SafeUrl = Annotated[str, AfterValidator(safe)]
_Algorithms = Annotated[tuple[str, ...], AfterValidator(_asymmetric)]


class Introspection(Credentials):
    """Where opaque tokens are asked about (https://www.rfc-editor.org/rfc/rfc7662), and as whom; `signed` ones too."""

    endpoint: SafeUrl | None = None
    signed: bool = False


class TrustedIssuer(BaseModel):
    """One identity provider; the module tells what each means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$")
    issuer: Annotated[SafeUrl, AfterValidator(_without_query)]
    audience: tuple[str, ...] = ()
    jwks_uri: SafeUrl | None = None
    algorithms: _Algorithms = ("RS256", "ES256")
    types: tuple[str, ...] = Field((ACCESS_TOKEN,), min_length=1)
    required: dict[str, str | int | bool] = {}
    leeway: timedelta = Field(timedelta(seconds=30), ge=timedelta(0), le=timedelta(seconds=MAX_LEEWAY))
    clients: frozenset[str] | None = None
    scope: str = ""
    introspection: Introspection | None = None
    login: Registration | None = None
    identity: IdentityMapping
    assurance: Assurance

    @model_validator(mode="before")
    @classmethod
    def _reads_tables(cls, table: Any) -> Any:
        if not isinstance(table, dict):
            return table
        plain = {name: value for name, value in table.items() if name not in _TABLES}
        return plain | {"identity": IdentityMapping.read(table), "assurance": Assurance.read(table)}

    @model_validator(mode="after")
    def _tells_access_tokens_apart(self) -> Self:
        if set(self.types) != {ACCESS_TOKEN} and not self.required:
            raise ValueError(
                "has `types` that other tokens have too: say in `required` what only its access tokens say, "
                'such as { typ = "Bearer" }'
            )
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: tuple[TrustedIssuer, ...] = ()

    @model_validator(mode="after")
    def _are_distinct(self) -> Self:
        for member in ("issuer", "name"):
            values = [getattr(each, member) for each in self.issuer]
            if len(set(values)) != len(values):
                raise ValueError(f"has two issuers with the same `{member}`")
        # An opaque token does not say whose it is, and asking one issuer about another's would show it to them.
        if sum(each.introspection is not None for each in self.issuer) > 1:
            raise ValueError("has introspection for more than one issuer")
        return self


def trusted_issuers(path: Path | None) -> tuple[TrustedIssuer, ...]:
    """The issuers of the file at `path`, none without; ValueError, in a sentence, where it is not as it must be."""
    if path is None:
        return ()
    try:
        return read_issuers(path.read_text("utf-8"), path.parent)
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{path} cannot be read") from None
    except ValueError as wrong:
        raise ValueError(f"{path} {wrong}") from None


def read_issuers(text: str, folder: Path) -> tuple[TrustedIssuer, ...]:
    """The issuers of a TOML document whose files stand in `folder`; ValueError with what follows the file's name."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise ValueError(f"is not TOML: {wrong}") from None
    try:
        return _File.model_validate(document, context={"folder": folder}).issuer
    except ValidationError as wrong:
        raise ValueError(_sentence(document, wrong)) from None


def _sentence(document: dict[str, Any], wrong: ValidationError) -> str:
    """The first fault; it repeats no value of the file, for secrets stand beside."""
    fault = wrong.errors(include_input=False, include_url=False)[0]
    words = fault["msg"].removeprefix("Value error, ")
    match fault["loc"]:
        case ("issuer", int(number), *members):
            where = ".".join(str(each) for each in members)
            return f"[[issuer]] {number + 1}: " + (f"`{where}` {words}" if where else words)
        case loc:
            return f"`{'.'.join(map(str, loc))}` {words}" if loc else words
