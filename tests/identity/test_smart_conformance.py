"""What SMART App Launch and the specifications it rests on demand of one running service, a row each.

The rows are in `tests/smart_conformance`. The service is reached over http on this machine, as in the sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from entering import site
from joserfc import jwt
from joserfc.jwk import KeySet
from smart_conformance.demands import DEMANDS, Holds
from smart_conformance.outsider import Outsider
from smart_conformance.story import lived


@pytest.fixture(scope="module")
def client(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outsider]:
    with site(database, tmp_path_factory.mktemp("smart"), registration="open", pool_size=6) as here:
        yield lived(here)


@pytest.mark.parametrize(
    ("name", "holds"),
    [row[2:] for row in DEMANDS],
    ids=[f"{row[0].rpartition('/')[2]}: {row[1]} ({row[2]})" for row in DEMANDS],
)
def test_the_service_does_as_is_demanded(client: Outsider, name: str, holds: Holds) -> None:
    answer = client.told[name]
    assert holds(answer), f"{answer.status_code} {answer.headers} {answer.text[:500]}"


@pytest.mark.parametrize("name", ["access_token", "id_token"])
def test_a_token_is_signed_with_a_key_that_is_published(client: Outsider, name: str) -> None:
    keys = KeySet.import_key_set(client.told["jwks"].json())
    assert (
        jwt.decode(client.told["token"].json()[name], keys, ["ES256", "RS256"]).claims["iss"] == client.issuer
    )
