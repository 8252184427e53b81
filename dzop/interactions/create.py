"""create, also conditional: a new resource under an id of the server's. https://hl7.org/fhir/R4/http.html#create"""

from __future__ import annotations

from hashlib import blake2b
from urllib.parse import parse_qsl

from dzop.access.keeping import Written
from dzop.access.shown import Shown
from dzop.access.unit import Unit
from dzop.fhir.outcome import Invalid, PreconditionFailed
from dzop.fhir.search.query import Query, read_query
from dzop.fhir.search.token import Token
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.read import shown
from dzop.interactions.rendered import written
from dzop.interactions.resource_body import read_body

_OF_THE_ANSWER = ("_format", "_pretty", "_summary")


async def create(ask: Ask) -> Answer:
    """201 with the new resource; with If-None-Exist 200 with the one match there is, 412 for several."""
    proposal = read_body(ask)
    condition = read_condition(ask)

    async def work(unit: Unit) -> Written | Shown:
        if condition is not None:
            await unit.serialise(locks_of(condition))
            match = await matching(unit, condition)
            if match is not None:
                return match
        return await unit.create(proposal)

    result = await ask.service.gateway.commit(ask.call, work)
    return shown(result) if isinstance(result, Shown) else written(ask, result)


def read_condition(ask: Ask) -> Query | None:
    """The query in If-None-Exist or in the URL; it must be complete: an ignored part would match too much."""
    text = ask.request.if_none_exist
    if text is not None:
        parameters = parse_qsl(text.partition("?")[2] or text, keep_blank_values=True)
    else:
        # Clients such as fhirpy put the condition in the URL; ignored, it would make a duplicate.
        parameters = [each for each in ask.request.parameters if each[0] not in _OF_THE_ANSWER]
        if not parameters:
            return None
    query = read_query(ask.type, parameters, base=ask.service.base, lenient=False)
    if not query.criteria:
        raise Invalid(
            "`If-None-Exist` holds no search parameter; name one, such as `identifier=system|value`"
        )
    return query


async def matching(unit: Unit, condition: Query) -> Shown | None:
    """The one visible match; None without; 412 when there are several."""
    matches = await unit.matching(condition)
    if len(matches) > 1:
        raise PreconditionFailed(
            "several resources match `If-None-Exist`; use a condition that only one can meet"
        )
    return matches[0] if matches else None


def locks_of(condition: Query) -> list[int]:
    """One lock a token of the condition: requests that could both find nothing wait for each other."""
    tokens = [
        f"{condition.type}|{value.system}|{value.code}"
        for criterion in condition.criteria
        for value in criterion.values
        if isinstance(value, Token)
    ]
    texts = tokens or [repr(condition.criteria)]
    return [
        int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True) for text in texts
    ]
