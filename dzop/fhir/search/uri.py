"""URIs in search: the same, or above or below one another as paths are.

https://hl7.org/fhir/R4/search.html#uri
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["MAX_LEVELS", "above", "version_beginnings"]

MAX_LEVELS: Final = 16

_URL: Final = re.compile(
    r"(?P<site>https?://[^/?#|]+)(?P<path>[^?#|]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)


def above(url: str) -> tuple[str, ...]:
    """The URL and the URLs above it, up to the site, each also with its `/`.

    Only itself of what is no URL, or one of more than `MAX_LEVELS`.
    `http://x/a/b?c` is below `http://x/a/b`, `http://x/a/`, `http://x/a`, `http://x/` and `http://x`.
    """
    match = _URL.fullmatch(url)
    if match is None or match["path"].count("/") > MAX_LEVELS:
        return (url,)
    found = [url, match["site"] + match["path"]] if match["rest"] else [url]
    path = match["path"]
    while path:
        path = path[:-1] if path.endswith("/") else path[: path.rindex("/") + 1]
        found.append(match["site"] + path)
    return tuple(dict.fromkeys(found))


def version_beginnings(canonical: str) -> tuple[str, ...]:
    """A canonical under which its versions are asked for: `url|1.2` is below `url`, `url|1` and `url|1.2`."""
    url, _, version = canonical.partition("|")
    parts = version.split(".", MAX_LEVELS) if version else []
    return (url, *(f"{url}|{'.'.join(parts[: number + 1])}" for number in range(len(parts))))
