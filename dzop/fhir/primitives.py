"""The primitive types of R4: what each looks like in JSON, and the sentence when it does not.

https://hl7.org/fhir/R4/datatypes.html#primitive
"""

from __future__ import annotations

import binascii
import datetime
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

__all__ = ["PRIMITIVES", "shown"]

MAX_STRING = 1024 * 1024

# Possessive quantifiers keep every match linear in the length of what was sent.
_YEAR = r"(?!0000)[0-9]{4}"
_DAY = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]++)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_DATE = re.compile(rf"{_YEAR}(?:-{_DAY}|-(?:0[1-9]|1[0-2]))?")
_DATE_TIME = re.compile(rf"{_YEAR}(?:-{_DAY}(?:T{_TIME}{_ZONE})?|-(?:0[1-9]|1[0-2]))?")
_INSTANT = re.compile(rf"{_YEAR}-{_DAY}T{_TIME}{_ZONE}")
_CLOCK = re.compile(_TIME)
_CODE = re.compile(r"\S++(?: \S++)*+")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_URI = re.compile(r"\S++")
_OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*+))++")
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_SPACES = re.compile(r"\s+")

Check = Callable[[Any], str | None]
"""Takes the JSON value, gives what it must be (`must be ...`), or None when it is so."""


def shown(code: object) -> str:
    """A code as it may stand in an issue: in backticks, or nothing when it may be more than a code."""
    if isinstance(code, str) and 0 < len(code) <= 64 and code.isprintable() and "`" not in code:
        return f" `{code}`"
    return ""


def _string(value: Any) -> str | None:
    if not isinstance(value, str):
        return "must be a JSON string"
    if not value or value.isspace():
        return "must hold more than white space; leave it out when there is nothing to say"
    if len(value) > MAX_STRING:
        return f"must be at most {MAX_STRING} characters long"
    return None


def _boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be `true` or `false`, without quotes"


def _decimal(value: Any) -> str | None:
    if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
        return None
    return "must be a JSON number, without quotes"


def _whole(low: int) -> Check:
    def check(value: Any) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= 2147483647:
            return None
        return f"must be a whole JSON number from {low} to 2147483647, without quotes"

    return check


def _pattern(pattern: re.Pattern[str], must_be: str) -> Check:
    matches = pattern.fullmatch

    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and matches(value) else must_be

    return check


def _calendar(pattern: re.Pattern[str], must_be: str) -> Check:
    matches = pattern.fullmatch

    def check(value: Any) -> str | None:
        if not isinstance(value, str) or not matches(value):
            return must_be
        if len(value) >= 10 and not _is_day(value[:10]):
            return "must be a day of the calendar"
        return None

    return check


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _base64(value: Any) -> str | None:
    must_be = "must be base64 text"
    if not isinstance(value, str) or not value:
        return must_be
    try:
        binascii.a2b_base64(_SPACES.sub("", value), strict_mode=True)
    except ValueError:
        return must_be
    return None


_DATE_FORMS = "YYYY, YYYY-MM or YYYY-MM-DD"
_uri = _pattern(_URI, "must be a URI: text without white space")

PRIMITIVES: Mapping[str, Check] = {
    "base64Binary": _base64,
    "boolean": _boolean,
    "canonical": _uri,
    "code": _pattern(_CODE, "must be a code: text without white space at its ends or twice in a row"),
    "date": _calendar(_DATE, f"must be a date: {_DATE_FORMS}"),
    "dateTime": _calendar(
        _DATE_TIME,
        f"must be a dateTime: {_DATE_FORMS}, or YYYY-MM-DDThh:mm:ss with a time zone such as +01:00",
    ),
    "decimal": _decimal,
    "id": _pattern(_ID, "must be an id: 1 to 64 letters, digits, `-` and `.`"),
    "instant": _calendar(_INSTANT, "must be an instant: YYYY-MM-DDThh:mm:ss with a time zone such as +01:00"),
    "integer": _whole(-2147483648),
    "markdown": _string,
    "oid": _pattern(_OID, "must be an OID such as urn:oid:1.2.3"),
    "positiveInt": _whole(1),
    "string": _string,
    "time": _pattern(_CLOCK, "must be a time: hh:mm:ss"),
    "unsignedInt": _whole(0),
    "uri": _uri,
    "url": _uri,
    "uuid": _pattern(_UUID, "must be a UUID such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520"),
    "xhtml": _string,
}
"""The check of each primitive type."""
