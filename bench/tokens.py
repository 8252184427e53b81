"""What verifying an access token takes: one that is remembered, and one signed by RS256 that is seen first."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from joserfc import jwt
from joserfc.jwk import RSAKey

from dzop.auth.resource_server.access_token import Expected
from dzop.auth.resource_server.jwks import OwnKeys
from dzop.auth.resource_server.reading import of_our_own
from dzop.auth.resource_server.verifier import ResourceServer, Trusted

MOST_OF_A_READ = 5.0  # percent
MOST_COLD = 1.0  # milliseconds
_ISSUER, _AUDIENCE = "https://issuer.bench", "https://dzop.bench/fhir"
_ROUNDS, _WARM, _COLD = 10, 5_000, 200


def warm_microseconds() -> float:
    """Processor time for a token that was verified lately."""
    return 1e6 * _seconds(remember=1, times=_WARM)


def cold_milliseconds() -> float:
    """Processor time for a token that nobody brought before, signed by RS256 with 2048 bits."""
    return 1e3 * _seconds(remember=0, times=_COLD)


def _seconds(remember: int, times: int) -> float:
    """Per verification, at best: other work on the machine only adds."""
    key = RSAKey.generate_key(2048, {"kid": "bench"})
    keys = OwnKeys({"bench": RSAKey.import_key(key.as_dict(private=False))}.get)
    service = ResourceServer(
        [Trusted(Expected(_ISSUER, (_AUDIENCE,), ("RS256",)), keys, of_our_own)], remember=remember
    )
    token, now = _token(key), datetime.now(UTC)

    async def once() -> float:
        start = time.process_time()
        for _ in range(times):
            await service.verify(token, now)
        return (time.process_time() - start) / times

    return min(asyncio.run(once()) for _ in range(_ROUNDS))


def _token(key: RSAKey) -> str:
    now = int(time.time())
    claims = {
        "iss": _ISSUER, "aud": _AUDIENCE, "sub": "Practitioner/nurse", "client_id": "gp-software", "jti": "1",
        "scope": "openid fhirUser user/*.cruds", "iat": now, "nbf": now, "exp": now + 3600,
    }  # fmt: skip
    return jwt.encode({"alg": "RS256", "kid": "bench", "typ": "at+jwt"}, claims, key, ["RS256"])
