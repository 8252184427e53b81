"""The outbox and what both sides of an exchange last agreed on.

An entry says that a resource has a version the partner has not got; a newer version overwrites the
number. The body is not in the outbox: it is read, through the law, at the moment of sending.

Whoever writes here locks the lane before the entries, so that nobody waits for each other in a circle.
A worker writes as long as its lease is the lane's (`lease` is the fencing token).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    and_,
    any_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from dzop.store.exchange_lanes import IS_HELD, KEY, NOW, PARTNER
from dzop.store.statement import Statement, compiled
from dzop.store.tables import (
    DIRECTORY,
    directory_identifier,
    exchange_lane,
    exchange_node,
    exchange_quarantine,
    index_reference,
    index_token,
    outbox,
    resource_current,
    same_resource,
)

lane, node = exchange_lane, exchange_node
_PERSON = bindparam("person", type_=BigInteger)
_TYPE = bindparam("type", type_=Text)
_ID = bindparam("id", type_=Text)
_VERSION = bindparam("version", type_=Integer)
_ENTRY = ("person", "partner", "type", "id")

# -- in the transaction of a write ---------------------------------------------------------------------


def _due(lanes: Any, *also: str) -> Any:
    """Brings forward when these lanes are due, and the columns `also`, to the instants given with them."""
    row = insert(lane).from_select(["person", "partner", "due_at", "pull_at"], lanes)
    earlier = {name: func.least(lane.c[name], row.excluded[name]) for name in ("due_at", *also)}
    return row.on_conflict_do_update(index_elements=["person", "partner"], set_=earlier)


def _enqueue() -> Statement:
    columns: dict[str, Any] = {
        "person": BigInteger, "partner": Text, "type": Text, "id": Text, "version": Integer,
        "now": DateTime(timezone=True),
    }  # fmt: skip
    written = select(
        *(func.unnest(bindparam(name, type_=ARRAY(type))).label(name) for name, type in columns.items())
    ).cte("written")
    person, partner, now = written.c.person, written.c.partner, func.max(written.c.now)
    lanes = select(person, partner, now, now).group_by(person, partner).order_by(person, partner)
    due = _due(lanes).returning(lane.c.person, lane.c.partner).cte("lane")
    rows = select(person, partner, written.c.type, written.c.id, written.c.version, written.c.now).join(
        due, and_(due.c.person == person, due.c.partner == partner)
    )
    entry = insert(outbox).from_select([*_ENTRY, "version", "written_at"], rows)
    upsert = entry.on_conflict_do_update(
        index_elements=_ENTRY,
        set_={"version": entry.excluded.version, "state": "due", "reason": None, "code": None},
    )
    return compiled(select(literal(1)).add_cte(upsert.cte("entry")))


ENQUEUE = _enqueue()
"""In the transaction of every write of a type the partner takes; one array a column."""

MAKE_DUE = compiled(_due(select(_PERSON, PARTNER, NOW, NOW), "pull_at"))
"""In the transaction of every change of a fact, before `REOPEN`: a statement of its own, for only what
starts behind the lane's lock sees what a worker set aside in this very moment."""

REOPEN = compiled(
    update(outbox)
    .where(outbox.c.person == _PERSON, outbox.c.partner == PARTNER, outbox.c.state == "withheld")
    .values(state="due", reason=None, code=None)
)
"""In the transaction of every change of a fact: what was withheld is judged again."""

# -- what is due, and where it went --------------------------------------------------------------------

_OF_LANE = and_(outbox.c.person == KEY, outbox.c.partner == PARTNER)

ENTRIES = compiled(
    select(
        outbox.c.type,
        outbox.c.id,
        outbox.c.version,
        outbox.c.written_at,
        func.array(
            select(index_reference.c.target_type.op("||")(literal("/")).op("||")(index_reference.c.target_id))
            .where(
                same_resource(index_reference, outbox),
                index_reference.c.target_id != literal(""),
            )
            .correlate(outbox)
            .scalar_subquery(),
            type_=ARRAY(Text),
        ).label("targets"),
    )
    .where(_OF_LANE, outbox.c.state == "due")
    .order_by(outbox.c.sequence)
)

PLACEMENTS = compiled(
    select(node.c.type, node.c.id, node.c.node, node.c.hub_version, node.c.version, node.c.unplaced).where(
        node.c.person == KEY, node.c.partner == PARTNER
    )
)

PLACED_AT = compiled(
    select(node.c.type, node.c.id, node.c.version).where(
        node.c.person == KEY,
        node.c.partner == PARTNER,
        node.c.node == bindparam("node", type_=Text),
        node.c.hub_version >= bindparam("hub_version", type_=Integer),
    )
)
"""The resource of which this version of a node has been taken up already."""


def _held(*where: ColumnElement[bool]) -> CTE:
    return select(lane.c.person).where(IS_HELD, *where).with_for_update(of=lane).cte("held")


def _entry_of(held: CTE) -> ColumnElement[bool]:
    return and_(
        outbox.c.person == select(held.c.person).scalar_subquery(),
        outbox.c.partner == PARTNER,
        outbox.c.type == _TYPE,
        outbox.c.id == _ID,
    )


def _sent() -> Statement:
    held = _held()
    columns = ["hub_version", "version", "unplaced", "node"]
    row = insert(node).from_select(
        [*_ENTRY, *columns],
        select(
            held.c.person, PARTNER, _TYPE, _ID, bindparam("hub_version", type_=Integer), _VERSION,
            bindparam("unplaced", type_=ARRAY(Text)), bindparam("node", type_=Text),
        ),
    )  # fmt: skip
    placed = row.on_conflict_do_update(
        index_elements=_ENTRY, set_={name: row.excluded[name] for name in columns}
    ).cte("placed")
    cleared = delete(outbox).where(_entry_of(held), outbox.c.version <= _VERSION).cte("cleared")
    return compiled(select(held.c.person).add_cte(placed, cleared))


SENT = _sent()
"""Keeps where a resource is and clears its entry up to that version; no row when the lease is lost."""


def _removed() -> Statement:
    held = _held()
    gone = delete(node).where(
        node.c.person == select(held.c.person).scalar_subquery(),
        node.c.partner == PARTNER,
        node.c.type == _TYPE,
        node.c.id == _ID,
    )
    cleared = delete(outbox).where(_entry_of(held), outbox.c.version <= _VERSION).cte("cleared")
    return compiled(select(held.c.person).add_cte(gone.cte("gone"), cleared))


REMOVED = _removed()


def _set_aside(state: str, *where: ColumnElement[bool]) -> Statement:
    return compiled(
        update(outbox)
        .where(_entry_of(_held(*where)), outbox.c.version == _VERSION)
        .values(state=state, reason=bindparam("reason", type_=Text), code=bindparam("code", type_=Integer))
    )


WITHHOLD = _set_aside("withheld", lane.c.due_at.is_(None))
"""Not when the lane became due meanwhile: a fact may have changed, so it is judged again."""

QUARANTINE = _set_aside("quarantined")

KEEP = compiled(
    insert(exchange_quarantine)
    .values(
        person=KEY,
        partner=PARTNER,
        node=bindparam("node", type_=Text),
        hub_version=bindparam("hub_version", type_=Integer),
        sequence=bindparam("sequence", type_=BigInteger),
        kind=bindparam("kind", type_=Text),
        type=_TYPE,
        id=_ID,
        reason=bindparam("reason", type_=Text),
        sender=bindparam("sender", type_=Text),
        body=bindparam("body", type_=LargeBinary),
        received_at=NOW,
    )
    .on_conflict_do_nothing()
    .returning(exchange_quarantine.c.sequence)
)
"""A row when it was not kept yet."""

STANDING = compiled(
    select(resource_current.c.version, resource_current.c.deleted).where(
        resource_current.c.person == KEY, resource_current.c.type == _TYPE, resource_current.c.id == _ID
    )
)
"""The version at which a resource is here."""

# -- who is who ----------------------------------------------------------------------------------------


def _pairs(first: str, second: str) -> Any:
    return select(
        func.unnest(bindparam(first, type_=ARRAY(Text))), func.unnest(bindparam(second, type_=ARRAY(Text)))
    )


_IDENTIFIER = index_token.c.parameter == literal("identifier")

IDENTIFIERS = compiled(
    select(index_token.c.type, index_token.c.id, index_token.c.system, index_token.c.code)
    .where(
        _IDENTIFIER,
        tuple_(index_token.c.type, index_token.c.id).in_(_pairs("types", "ids")),
        or_(
            and_(
                index_token.c.person == KEY,
                index_token.c.type == literal("Patient"),
                index_token.c.system == bindparam("ssin_system", type_=Text),
            ),
            and_(
                index_token.c.person == literal(DIRECTORY),
                index_token.c.system == any_(bindparam("systems", type_=ARRAY(Text))),
            ),
        ),
    )
    .order_by(index_token.c.system.desc(), index_token.c.code.desc())
)
"""Identifiers that may leave: the person's SSIN, and of the directory those of `systems`; the best last."""

BEARERS = compiled(
    select(directory_identifier.c.key, directory_identifier.c.actor)
    .where(directory_identifier.c.key == any_(bindparam("keys", type_=ARRAY(Text))))
    .union_all(
        select(
            index_token.c.system.op("||")(literal("|")).op("||")(index_token.c.code),
            index_token.c.type.op("||")(literal("/")).op("||")(index_token.c.id),
        ).where(
            index_token.c.person == KEY,
            index_token.c.type == any_(bindparam("of_person", type_=ARRAY(Text))),
            _IDENTIFIER,
            tuple_(index_token.c.system, index_token.c.code).in_(_pairs("key_systems", "key_codes")),
        )
    )
)
"""Whom `system|value` keys mean, in the directory and in the person's own compartment."""
