"""The statement by which a message of the server's own is found again: without the predicate, for a rule reads it."""

from __future__ import annotations

from sqlalchemy import Text, and_, bindparam, exists, literal, select

from dzop.store.reading import ID, PERSON, TYPE
from dzop.store.statement import compiled
from dzop.store.tables import audience, index_reference, index_token, same_resource

__all__ = ["NOTICE_ABOUT"]

NOTICE_ABOUT = compiled(
    select(index_token.c.id)
    .select_from(
        index_token.join(
            index_reference,
            and_(
                same_resource(index_reference, index_token), index_reference.c.parameter == literal("about")
            ),
        )
    )
    .where(
        index_token.c.person == PERSON,
        index_token.c.type == literal("Communication"),
        index_token.c.parameter == literal("topic"),
        index_token.c.system == bindparam("system", type_=Text),
        index_token.c.code == bindparam("code", type_=Text),
        index_reference.c.target_type == TYPE,
        index_reference.c.target_id == ID,
        ~exists(
            select(literal(1)).where(
                same_resource(audience, index_token), audience.c.kind == literal("author")
            )
        ),
    )
    .order_by(index_token.c.id)
    .limit(1)
)
"""The Communication of this topic about this resource that nobody wrote but the server."""
