"""What a client may be registered with: redirect URIs, keys, a name, and what it may ask for.

https://www.rfc-editor.org/rfc/rfc7591#section-2, https://www.rfc-editor.org/rfc/rfc9700#section-4.1.3 (exact redirect
URIs), https://www.rfc-editor.org/rfc/rfc8252#section-7 (native apps). No address in it is ever fetched on behalf of a
client that registers itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from authlib.oauth2.rfc7591 import InvalidClientMetadataError

from dzop.auth.client import Client
from dzop.auth.client_keys import public_key_set
from dzop.auth.redirects import Redirects, require_web_address

__all__ = ["GRANT_TYPES", "INTROSPECTS", "METHODS", "ORGANIZATION", "Rules", "client_of", "is_client_id"]

METHODS: Final = ("none", "private_key_jwt")
GRANT_TYPES: Final = ("authorization_code", "refresh_token", "client_credentials")
ORGANIZATION: Final = "https://dzop.example/fhir/client-organization"
"""Names, in a registration, for whom an organisation's system acts: `Organization/x`."""
INTROSPECTS: Final = "https://dzop.example/fhir/client-introspects"
"""Says, in a registration, that this is another service that takes our access tokens and may ask about all of them."""

_MOST_NAME, _MOST_SCOPE, _MOST_ADDRESSES = 80, 2_000, 10
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")
_ORGANIZATION: Final = re.compile(r"Organization/[A-Za-z0-9\-.]{1,64}")
# Letters of other scripts, and digits, that are drawn as those of our own name.
_LOOKALIKES: Final = str.maketrans("оοօ0рρԁժᴢ", "ooooppddz")
_OWN: Final = "dzop"


def is_client_id(text: str) -> bool:
    """Whether an operator may choose this id."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", text) is not None


@dataclass(frozen=True, slots=True)
class Rules:
    """How far a registration is trusted.

    `is_operator` is who runs the service; `redirects` where a browser may be sent. `sandbox_organization` is for whom
    a system acts that registers itself and names nobody; without it none may register itself.
    """

    redirects: Redirects
    is_operator: bool = False
    sandbox_organization: str | None = None

    @property
    def may_be_system(self) -> bool:
        """Whether a client may act for an organisation."""
        return self.is_operator or self.sandbox_organization is not None


def client_of(client_id: str, metadata: Mapping[str, Any], rules: Rules) -> Client:
    """The client that this registration describes; members that mean nothing here are left out.

    InvalidClientMetadataError or InvalidRedirectURIError, in words for who made it.
    """
    jwks, jwks_uri = _keys(metadata, rules)
    method = _method(metadata, has_keys=bool(jwks or jwks_uri))
    grants = _grant_types(metadata, method, rules)
    redirect_uris = rules.redirects.checked(_texts(metadata, "redirect_uris"))
    if ("authorization_code" in grants) != bool(redirect_uris):
        raise InvalidClientMetadataError(
            "`redirect_uris` and the grant type `authorization_code` go together: give both or neither."
        )
    return Client(
        client_id,
        redirect_uris=redirect_uris,
        name=_name(metadata, rules),
        method=method,
        grant_types=grants,
        scope=_scope(metadata, grants),
        jwks=jwks,
        jwks_uri=jwks_uri,
        organization=_organization(metadata, grants, rules),
        launch_uri=_address(metadata, "launch_uri"),
        logo=_address(metadata, "logo_uri"),
        policy=_address(metadata, "policy_uri"),
        post_logout_redirect_uris=rules.redirects.checked(_texts(metadata, "post_logout_redirect_uris")),
        introspects=_introspects(metadata, method, rules),
    )


def _keys(metadata: Mapping[str, Any], rules: Rules) -> tuple[Mapping[str, Any] | None, str | None]:
    jwks, address = metadata.get("jwks"), _address(metadata, "jwks_uri")
    if address is not None and not rules.is_operator:
        raise InvalidClientMetadataError("Give the keys themselves as `jwks`: no `jwks_uri` is fetched.")
    if jwks is not None and address is not None:
        raise InvalidClientMetadataError("`jwks` and `jwks_uri` cannot both be given.")
    return None if jwks is None else public_key_set(jwks), address


def _method(metadata: Mapping[str, Any], *, has_keys: bool) -> Literal["none", "private_key_jwt"]:
    fitting: Literal["none", "private_key_jwt"] = "private_key_jwt" if has_keys else "none"
    method = _text(metadata, "token_endpoint_auth_method") or fitting
    if method not in METHODS:
        raise InvalidClientMetadataError(
            "`token_endpoint_auth_method` is `none` or `private_key_jwt`: there are no client secrets."
        )
    if method != fitting:
        raise InvalidClientMetadataError(
            "`private_key_jwt` and keys (`jwks`) go together: give both or neither."
        )
    return fitting


def _grant_types(metadata: Mapping[str, Any], method: str, rules: Rules) -> tuple[str, ...]:
    grants = tuple(dict.fromkeys(_texts(metadata, "grant_types"))) or ("authorization_code",)
    if not set(grants) <= set(GRANT_TYPES):
        raise InvalidClientMetadataError(f"`grant_types` are among {', '.join(GRANT_TYPES)}.")
    if any(each != "code" for each in _texts(metadata, "response_types")):
        raise InvalidClientMetadataError("The only response type is `code`.")
    if "refresh_token" in grants and "authorization_code" not in grants:
        raise InvalidClientMetadataError("`refresh_token` comes with `authorization_code`.")
    if "client_credentials" in grants and method != "private_key_jwt":
        raise InvalidClientMetadataError("`client_credentials` needs a key of the client's own: `jwks`.")
    if "client_credentials" in grants and not rules.may_be_system:
        raise InvalidClientMetadataError("A system of an organisation is registered by the operator only.")
    return grants


def _scope(metadata: Mapping[str, Any], grants: Sequence[str]) -> str:
    scope = " ".join(dict.fromkeys((_text(metadata, "scope") or "").split()))
    if len(scope) > _MOST_SCOPE or (scope and not _SCOPE.fullmatch(scope)):
        raise InvalidClientMetadataError("`scope` is a list of scopes, separated by spaces.")
    if "client_credentials" not in grants and any(each.startswith("system/") for each in scope.split()):
        raise InvalidClientMetadataError("`system/` scopes come with the grant type `client_credentials`.")
    if "client_credentials" in grants and not scope:
        raise InvalidClientMetadataError("A system has the scopes it is registered with: give `scope`.")
    return scope


def _organization(metadata: Mapping[str, Any], grants: Sequence[str], rules: Rules) -> str | None:
    usual = rules.sandbox_organization if "client_credentials" in grants else None
    organization = _text(metadata, ORGANIZATION) or usual
    if organization is None:
        if "client_credentials" in grants:
            raise InvalidClientMetadataError("A system acts for an organisation, which must be named.")
        return None
    if not rules.may_be_system:
        raise InvalidClientMetadataError("For which organisation a client acts is settled by the operator.")
    if not _ORGANIZATION.fullmatch(organization):
        raise InvalidClientMetadataError("The organisation is named as `Organization/x`.")
    return organization


def _introspects(metadata: Mapping[str, Any], method: str, rules: Rules) -> bool:
    if not metadata.get(INTROSPECTS):
        return False
    if not rules.is_operator:
        raise InvalidClientMetadataError("Who may ask about the tokens of others is settled by the operator.")
    if method != "private_key_jwt":
        raise InvalidClientMetadataError("A service that asks about tokens needs a key of its own: `jwks`.")
    return True


def _name(metadata: Mapping[str, Any], rules: Rules) -> str:
    name = (_text(metadata, "client_name") or "").strip()
    if not 0 < len(name) <= _MOST_NAME:
        raise InvalidClientMetadataError(
            f"`client_name` has 1 to {_MOST_NAME} characters; people are shown it."
        )
    if not name.isprintable() or any(unicodedata.category(each) == "Cf" for each in name):
        raise InvalidClientMetadataError("`client_name` holds characters that cannot be seen.")
    if not rules.is_operator and _OWN in _skeleton(name):
        raise InvalidClientMetadataError("`client_name` looks like the name of this service.")
    return name


def _skeleton(name: str) -> str:
    """The letters of a name as somebody sees them who does not look closely."""
    plain = unicodedata.normalize("NFKD", name).casefold().translate(_LOOKALIKES)
    return "".join(each for each in plain if each.isalnum())


def _address(metadata: Mapping[str, Any], name: str) -> str | None:
    address = _text(metadata, name)
    if address is not None:
        require_web_address(name, address)
    return address


def _text(metadata: Mapping[str, Any], name: str) -> str | None:
    value = metadata.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidClientMetadataError(f"`{name}` is a text.")
    return value or None


def _texts(metadata: Mapping[str, Any], name: str) -> Sequence[str]:
    value = metadata.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidClientMetadataError(f"`{name}` is a list of texts.")
    if len(value) > _MOST_ADDRESSES:
        raise InvalidClientMetadataError(f"`{name}` has at most {_MOST_ADDRESSES} entries.")
    return value
