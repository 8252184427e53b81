"""JSON values to be written anew: numbers keep the digits they were sent with, `1.10` stays `1.10`."""

from __future__ import annotations

import json
from typing import Any

import orjson

__all__ = ["Number", "canonical", "read", "written"]


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def read(data: bytes | str) -> Any:
    """The value of (valid) JSON."""
    return _DECODER.decode(data if isinstance(data, str) else data.decode())


def written(value: Any, *, pretty: bool = False) -> bytes:
    """The JSON of a value."""
    return orjson.dumps(value, default=_number, option=_PRETTY if pretty else _PLAIN)


def canonical(value: Any) -> bytes:
    """The same for values that say the same: members sorted, so that bytes can be compared."""
    return orjson.dumps(value, default=_number, option=_PLAIN | orjson.OPT_SORT_KEYS)


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number)
_PLAIN = orjson.OPT_PASSTHROUGH_SUBCLASS
_PRETTY = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_INDENT_2


def _number(value: Any) -> orjson.Fragment:
    if isinstance(value, Number):
        return orjson.Fragment(str(value))
    raise TypeError(f"no JSON value: {type(value).__name__}")
