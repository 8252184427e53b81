"""Statements about questionnaires and their scores: without the predicate, for they are read by a rule, by nobody."""

from __future__ import annotations

from sqlalchemy import Text, and_, bindparam, literal, or_, select

from dzop.store.reading import CURRENT_VERSION, ID, PERSON, current, version
from dzop.store.statement import compiled
from dzop.store.tables import DIRECTORY, index_reference, index_token, same_resource

__all__ = ["QUESTIONNAIRES", "SCORES_OF"]

_cited = select(index_token.c.id).where(
    index_token.c.person == literal(DIRECTORY),
    index_token.c.type == literal("Questionnaire"),
    index_token.c.parameter == literal("url"),
    index_token.c.code == bindparam("url", type_=Text),
)

QUESTIONNAIRES = compiled(
    select(current.c.id, version.c.body)
    .select_from(current.join(version, CURRENT_VERSION))
    .where(
        current.c.person == literal(DIRECTORY),
        current.c.type == literal("Questionnaire"),
        ~current.c.deleted,
        or_(current.c.id == ID, current.c.id.in_(_cited)),
    )
)
"""The Questionnaires with this URL, in all their versions, or with this id; everybody may read them."""

SCORES_OF = compiled(
    select(index_token.c.id, index_token.c.code)
    .select_from(
        index_token.join(
            index_reference,
            and_(
                same_resource(index_reference, index_token),
                index_reference.c.parameter == literal("derived-from"),
            ),
        )
    )
    .where(
        index_token.c.person == PERSON,
        index_token.c.type == literal("Observation"),
        index_token.c.parameter == literal("identifier"),
        index_token.c.system == bindparam("system", type_=Text),
        index_reference.c.target_type == literal("QuestionnaireResponse"),
        index_reference.c.target_id == ID,
    )
)
"""The Observations that the server derived from answers, and by which identifier of that system they are known."""
