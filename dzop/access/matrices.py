"""Which matrix is the law just now: read with the facts, so that all processes judge alike."""

from __future__ import annotations

from dataclasses import dataclass

from consent.matrix import Matrix, read
from dzop.store import generations
from dzop.store.database import Connection, Row

__all__ = ["InForce", "Law", "Matrices"]


@dataclass(frozen=True, slots=True)
class Law:
    """A generation of grants, and the matrix they are compiled with."""

    generation: int
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class InForce:
    """The law that judges now, and the one being compiled beside it, if any."""

    active: Law
    following: Law | None = None

    @property
    def compiled(self) -> tuple[Law, ...]:
        """Every law that a changed fact is compiled with."""
        return (self.active,) if self.following is None else (self.active, self.following)


class Matrices:
    """Matrices by version. One never changes, so a process reads each of them once at most."""

    def __init__(self, shipped: Matrix) -> None:
        """`shipped` is the law of a database that has none yet."""
        self._shipped = shipped
        self._known = {shipped.version: shipped}

    async def in_force(self, connection: Connection, row: Row | None = None) -> InForce:
        """The law as `row` names it (`generations.LAW`), or as the database does now."""
        if row is None:
            row = await connection.row(generations.STATE)
        if row is None or row["active"] is None:
            row = await self._begin(connection)
        active = Law(row["active"], await self.of(connection, row["matrix_version"]))
        if row["next"] is None:
            return InForce(active)
        return InForce(active, Law(row["next"], await self.of(connection, row["next_matrix_version"])))

    async def of(self, connection: Connection, version: str) -> Matrix:
        """The matrix of this version; KeyError when it was never used here."""
        if version not in self._known:
            row = await connection.row(generations.TEXT_OF, version=version)
            if row is None:
                raise KeyError(version)
            # A matrix of an older or newer release may have other categories; a cell that is not there opens nothing.
            self._known[version] = read(row["text"])
        return self._known[version]

    async def _begin(self, connection: Connection) -> Row:
        """Where nothing was ever compiled, the law is the one shipped."""
        shipped = self._shipped
        await connection.run(generations.BEGIN, version=shipped.version, text=shipped.text)
        row = await connection.row(generations.STATE)
        assert row is not None  # noqa: S101 - it was made just now, by us or by another
        return row
