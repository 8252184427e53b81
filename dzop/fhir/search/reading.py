"""How the texts of one parameter, with its modifier, become a clause.

https://hl7.org/fhir/R4/search.html#ptypes
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, TypeVar

from dzop.fhir.resource_types import SearchParameter
from dzop.fhir.search.clause import AllOf, AnyOf, Clause
from dzop.fhir.search.context import Context
from dzop.fhir.search.criterion import Composite, Criterion, Value, short
from dzop.fhir.search.date import read_date
from dzop.fhir.search.escapes import split, unescaped
from dzop.fhir.search.quantity import read_quantity
from dzop.fhir.search.reference import ReferenceTarget, read_target
from dzop.fhir.search.string import Text, normalised
from dzop.fhir.search.terminology import Question, codes_of
from dzop.fhir.search.token import Codes, Token, read_token, read_typed
from dzop.fhir.search.uri import MAX_LEVELS, above

__all__ = ["criterion"]

_COMPARED: Final = ("date", "number", "quantity")
_TEXTS: Final = ("_text", "_content")


def criterion(parameter: SearchParameter, modifier: str, texts: list[str], context: Context) -> Clause:
    """The clause that any of these texts, as they were escaped, holds; ValueError when one cannot be read."""
    # Others are looked for all at once, these are compared one by one.
    context.spend(len(texts) if parameter.type in _COMPARED or parameter.name in _TEXTS else 1)
    if "" in texts:
        raise ValueError("one value in the list is empty")
    read = _READERS.get((parameter.type, modifier)) or _READERS.get(("", modifier))
    if read is not None:
        return read(parameter, texts, context)
    # A type of the target.
    return _of(parameter, None, [_target(each, modifier, context) for each in texts])


_Coded = TypeVar("_Coded", Token, Codes)
_Read = Callable[[SearchParameter, list[str], Context], Clause]


def _of(parameter: SearchParameter, modifier: str | None, values: list[Value]) -> Criterion:
    return Criterion(parameter, modifier, tuple(dict.fromkeys(values)))


def _each(read: Callable[[str], Value], modifier: str | None = None, rows: str = "") -> _Read:
    """A criterion of values read one by one, `rows` the suffix under which their rows are kept."""

    def clause(parameter: SearchParameter, texts: list[str], context: Context) -> Clause:
        kept = replace(parameter, name=parameter.name + rows) if rows else parameter
        return _of(kept, modifier, [read(text) for text in texts])

    return clause


def _tokens(modifier: str | None) -> _Read:
    def clause(parameter: SearchParameter, texts: list[str], context: Context) -> Clause:
        read = [read_token(_parts(text)) for text in texts]
        return _of(parameter, modifier, [_as_kept(parameter, each) for each in read])

    return clause


def _as_kept(parameter: SearchParameter, asked: _Coded) -> _Coded:
    """A code of the system that goes without saying is kept without it."""
    return replace(asked, system="") if asked.system in parameter.systems else asked


def _token(text: str) -> Token:
    return read_token(_parts(text))


def _typed(text: str) -> Token:
    return read_typed(_parts(text))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(unescaped(part) for part in split(text, "|"))


def _uri(text: str) -> Token:
    return Token(None, unescaped(text))


def _hierarchical(text: str) -> Token:
    url = unescaped(text)
    if len(above(url)) == 1 and not url.lower().startswith(("http://", "https://")):
        raise ValueError(f"`{short(url)}` is not a URL, so nothing is above or below it")
    if url.count("/") > MAX_LEVELS:
        raise ValueError(f"a URL is above or below another one over at most {MAX_LEVELS} levels")
    return Token(None, url)


def _above(parameter: SearchParameter, texts: list[str], context: Context) -> Clause:
    urls = [url for text in texts for url in above(_hierarchical(text).code or "")]
    return _of(parameter, None, [Token(None, url) for url in urls])


def _canonical(text: str) -> ReferenceTarget:
    return ReferenceTarget(url=unescaped(text))


def _text(text: str) -> Text:
    plain = unescaped(text)
    if not normalised(plain):
        raise ValueError("there is nothing in it to compare")
    return Text(normalised(plain), plain)


def _boolean(text: str) -> Token:
    if text not in ("true", "false"):
        raise ValueError(f"`{short(text)}` is neither true nor false")
    return Token(None, text)


def _missing(parameter: SearchParameter, texts: list[str], context: Context) -> Clause:
    asked = dict.fromkeys(_boolean(text) for text in texts)
    # Missing or not missing: everything.
    return AllOf(()) if len(asked) > 1 else _of(parameter, "missing", list(asked))


def _reference(parameter: SearchParameter, texts: list[str], context: Context) -> Clause:
    return _of(
        parameter, None, [read_target(unescaped(text), parameter.targets, context.base) for text in texts]
    )


def _target(text: str, type: str, context: Context) -> ReferenceTarget:
    plain = unescaped(text)
    target = read_target(plain, (type,), context.base)
    if target.id is not None and target.types != (type,):
        raise ValueError(f"`{short(plain)}` is no {type}")
    return target


def _composite(parameter: SearchParameter, texts: list[str], context: Context) -> Clause:
    return _of(parameter, None, [_combined(parameter, text, context) for text in texts])


def _combined(parameter: SearchParameter, text: str, context: Context) -> Composite:
    parts = split(text, "$")
    if len(parts) != len(parameter.components):
        names = "$".join(each.name.rpartition(".")[2] for each in parameter.components)
        raise ValueError(f"`{short(text)}` is not of the form `{names}`")
    read = [
        criterion(component, "", [part], context)
        for component, part in zip(parameter.components, parts, strict=True)
    ]
    return Composite(tuple(each for each in read if isinstance(each, Criterion)))


def _members(modifier: str | None) -> _Read:
    def clause(parameter: SearchParameter, texts: list[str], context: Context) -> Clause:
        own = f"{context.base.rstrip('/')}/"
        asked = [Question("in", unescaped(text).removeprefix(own)) for text in texts]
        return _among(parameter, modifier, asked, context)

    return clause


def _related(kind: Literal["above", "below"]) -> _Read:
    def clause(parameter: SearchParameter, texts: list[str], context: Context) -> Clause:
        tokens = [_token(text) for text in texts]
        if not all(each.system and each.code for each in tokens):
            raise ValueError("what is above or below a code is asked with its system, as `system|code`")
        asked = [Question(kind, each.code or "", each.system or "") for each in tokens]
        return _among(parameter, None, asked, context)

    return clause


def _among(
    parameter: SearchParameter, modifier: str | None, asked: Sequence[Question], context: Context
) -> Clause:
    codes = codes_of(context.answers, asked)
    context.spend_codes(sum(len(each.codes) for each in codes))
    if not codes:
        return AnyOf(()) if modifier is None else AllOf(())
    return _of(parameter, modifier, [_as_kept(parameter, each) for each in codes])


_READERS: Final[Mapping[tuple[str, str], _Read]] = {
    ("", "missing"): _missing,
    ("token", ""): _tokens(None),
    ("token", "not"): _tokens("not"),
    ("token", "text"): _each(_text, "text"),
    ("token", "of-type"): _each(_typed, rows=":of-type"),
    ("token", "in"): _members(None),
    ("token", "not-in"): _members("not"),
    ("token", "above"): _related("above"),
    ("token", "below"): _related("below"),
    ("reference", ""): _reference,
    ("reference", "identifier"): _each(_token, "identifier"),
    ("reference", "below"): _each(_canonical, rows=":below"),
    ("date", ""): _each(lambda text: read_date(unescaped(text))),
    ("string", ""): _each(_text),
    ("string", "exact"): _each(_text, "exact"),
    ("string", "contains"): _each(_text, "contains"),
    ("uri", ""): _each(_uri),
    ("uri", "above"): _above,
    ("uri", "below"): _each(_hierarchical, rows=":below"),
    ("number", ""): _each(lambda text: read_quantity((unescaped(text),))),
    ("quantity", ""): _each(lambda text: read_quantity(_parts(text))),
    ("composite", ""): _composite,
}
