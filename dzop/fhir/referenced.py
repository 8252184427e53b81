"""What the text of a resource references on this server, found without parsing it.

https://hl7.org/fhir/R4/references.html#literal
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["referenced"]


def referenced(body: bytes, base: str) -> set[tuple[str, str]]:
    """(type, id) of every literal reference in the JSON `body`, also one to a version or under our own `base`.

    A quote inside a JSON string has a backslash before it, so no text of a client looks like a reference.
    """
    return {(type.decode(), id.decode()) for type, id in _pattern(base).findall(body)}


@lru_cache(maxsize=16)
def _pattern(base: str) -> re.Pattern[bytes]:
    # Some clients write every slash as `\/`.
    slash = rb"\\?/"
    own = slash.join(re.escape(part).encode() for part in f"{base.rstrip('/')}/".split("/"))
    target = rb"([A-Z][A-Za-z]{1,63})" + slash + rb"([A-Za-z0-9.-]{1,64})"
    version = rb"(?:" + slash + rb"_history" + slash + rb"[A-Za-z0-9.-]{1,64})?"
    return re.compile(rb'"reference"\s*:\s*"(?:' + own + rb")?" + target + version + rb'"')
