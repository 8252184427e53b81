"""Access tokens that were revoked stay so as long as anybody could still take them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from dzop.auth.claims import Claims
from dzop.auth.revocations import Revocations, revoke
from dzop.fhir.outcome import Unauthenticated
from dzop.store.database import Database

NOW = datetime.now(UTC)
EXPIRES = NOW + timedelta(hours=1)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=59)])
async def test_a_revoked_token_does_not_come_back_where_clocks_differ(database: str, late: timedelta) -> None:
    claims = Claims("Patient/x", frozenset(), "us", EXPIRES, token_id=uuid4().hex)
    async with Database.opened(database, 2) as connection:
        await revoke(connection, "token", str(claims.token_id), NOW, EXPIRES)
        with pytest.raises(Unauthenticated, match="revoked"):
            await Revocations(connection).require_in_force(claims, EXPIRES + late)
