"""What tests of identity share: an identity provider that is not ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from apps import Care, caring
from persons import Person, new_person
from providers import Provider, providing


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """The certified `oidc-provider` in a process of its own; `provider.issuer` is where it answers.

    A token by client credentials, JWT or opaque, with any claims::

        token = provider.token(service.fhir, scope="user/*.cruds", claims={"ssin": ..., "discipline": ...})
        opaque = provider.token(service.fhir, format="opaque", claims={...})

    A login of a person: `provider.account("els", ssin=..., acr="high")`, then a client of one's own
    `provider.client(grant_types=["authorization_code"], response_types=["code"], redirect_uris=[...])` (its secret is
    `providers.SECRET`), and an authorization request at `{issuer}/auth` with `login_hint=els`, which redirects back at
    once, or without, which shows a form with `login` and `password`. The id token carries the account's claims.
    `provider.rotate(keep=...)`, `provider.outage()` and `provider.requests(path)` are for keys that change and answers
    that fail to come.
    """
    with providing(tmp_path_factory.mktemp("provider") / "log") as provider:
        yield provider


@pytest.fixture(scope="session")
def care(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Care]:
    """The authorization server with two workers on one clock, as apps see it."""
    with caring(database, tmp_path_factory.mktemp("care")) as care:
        yield care


@pytest.fixture(scope="session")
def jet(care: Care) -> Person:
    """A person whose plan apps ask for."""
    return new_person(care.service)
