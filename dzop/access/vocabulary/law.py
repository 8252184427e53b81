"""The access matrix in force, as the code system that it is too: it can change while the service runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import copy

from dzop.access.matrices import Matrices
from dzop.access.vocabulary.in_memory import InMemory
from dzop.access.vocabulary.loaded import FRESH
from dzop.definitions.access_matrix import access_matrix
from dzop.store.database import Connection

__all__ = ["LawInForce"]


class LawInForce(InMemory):
    """A library of one code system. `elapsed` is a clock in seconds that never goes back."""

    def __init__(
        self, connection: Connection, matrices: Matrices, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(())
        self._connection, self._matrices, self._elapsed = connection, matrices, elapsed
        self._looked: float | None = None
        self._version = ""

    def within(self, connection: Connection) -> LawInForce:
        inner = copy(self)
        inner._connection = connection
        return inner

    async def current(self) -> object:
        """Looks again when what is known is older than half a second."""
        began = self._elapsed()
        if self._looked is None or began - self._looked >= FRESH:
            law = (await self._matrices.in_force(self._connection)).active.matrix
            if law.version != self._version:
                self._systems.clear()
                self._hold_code_system(access_matrix(law))
            self._version, self._looked = law.version, began
        return self._version
