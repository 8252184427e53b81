"""The narrative of a resource: XHTML that is well formed and can do nothing but be read.

https://hl7.org/fhir/R4/narrative.html
"""

from __future__ import annotations

import re
from typing import NoReturn
from xml.parsers import expat

__all__ = ["narrative_fault", "narrative_text"]

_XHTML = "http://www.w3.org/1999/xhtml"
_MAX_DEPTH = 64  # browsers repeat misplaced formatting once per level


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _words(
    """
    a abbr acronym address b bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt
    em font h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q s samp small span strike strong sub sup
    table tbody td tfoot th thead tr tt u ul var
    """
)
_ATTRIBUTES = _words(
    """
    abbr align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff cite
    class color colspan compact datetime dir face frame headers height href hspace id lang longdesc name
    noshade nowrap rel rev rowspan rules scope size span src start style summary title type valign value
    vspace width
    """
)
_LINKS = frozenset(("href", "src", "cite", "longdesc"))
_SCHEMES = frozenset(("http", "https", "mailto", "tel"))
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*+(?=:)")
_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[a-z0-9+/=\s]*+")
_ACTIVE_STYLE = re.compile(
    r"[\\@<]|/\*|url\s*+\(|expression|javascript|behaviou?r|binding|position", re.IGNORECASE
)


def narrative_fault(div: str) -> str | None:
    """What is wrong with the XHTML of a `div`, one sentence without its full stop; None when nothing is."""
    try:
        _read(div)
    except _Fault as fault:
        return str(fault)
    except expat.ExpatError as error:
        return (
            f"The narrative is not well-formed XHTML: {expat.ErrorString(error.code)} "
            f"(line {error.lineno} of the div, column {error.offset + 1})"
        )
    except UnicodeEncodeError:
        return "The narrative is not well-formed XHTML: it holds half of a character"
    return None


def narrative_text(div: str) -> str:
    """What a reader sees of the XHTML of a `div`, elements set apart by a space; empty if it is malformed."""
    texts: list[str] = []
    parser = expat.ParserCreate(encoding="utf-8")
    parser.CharacterDataHandler = texts.append
    parser.EndElementHandler = lambda _: texts.append(" ")
    try:
        parser.Parse(div.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError):
        return ""
    return " ".join("".join(texts).split())


class _Fault(Exception):
    pass


def _refuse(*_: object) -> NoReturn:
    raise _Fault(
        "The narrative holds a declaration, CDATA or processing instruction; send only the div element"
    )


def _check_comment(text: str) -> None:
    # HTML may end a comment at a `>` where XML does not; what follows would come alive in a browser.
    if ">" in text:
        raise _Fault("The narrative holds a comment with a `>` in it; leave the comment out")


def _read(div: str) -> None:
    """Raises _Fault for what a narrative may not hold.

    Every element, attribute and link is on a list, and nothing is let in that HTML would cut into tokens
    otherwise than XML (CDATA, processing instructions, comments with `>`). So a browser, which reads the
    text as HTML, can meet nothing that was not seen here.
    """
    content: list[bool] = []
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        tag = _tag(name, depth)
        for attribute, value in attributes.items():
            _check_attribute(tag, attribute, value)
        if tag == "img":
            content.append(True)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda text: content.append(True) if text.strip() else None
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.XmlDeclHandler = _refuse
    parser.StartCdataSectionHandler = parser.ProcessingInstructionHandler = _refuse
    parser.CommentHandler = _check_comment
    parser.Parse(div.encode(), True)
    if not content:
        raise _Fault("The narrative says nothing; fill the div or leave `text` out")


def _tag(name: str, depth: int) -> str:
    namespace, _, tag = name.rpartition(" ")
    if depth == 1 and (namespace, tag) != (_XHTML, "div"):
        raise _Fault(f'The narrative must be one `<div xmlns="{_XHTML}">`')
    if namespace != _XHTML or tag not in _TAGS:
        raise _Fault(f"The narrative holds the element `{tag[:32]}`, which is not allowed; remove it")
    if depth > _MAX_DEPTH:
        raise _Fault(f"The elements of the narrative may be at most {_MAX_DEPTH} deep")
    return tag


def _check_attribute(tag: str, name: str, value: str) -> None:
    if name.startswith("http://www.w3.org/XML/1998/namespace "):
        return
    if name not in _ATTRIBUTES:
        raise _Fault(f"The narrative holds the attribute `{name[:32]}`, which is not allowed; remove it")
    if name in _LINKS and not _is_safe_link(tag, value):
        raise _Fault(f"The narrative holds a link in `{tag}` that is not http, https, mailto, tel or local")
    if name == "style" and _ACTIVE_STYLE.search(value):
        raise _Fault("The narrative holds a style that loads or moves something; keep it to plain looks")


def _is_safe_link(tag: str, value: str) -> bool:
    # Browsers ignore white space and control characters in a scheme, so these are ignored here too.
    link = "".join(character for character in value if character > " ").lower()
    if tag == "img" and _IMAGE.fullmatch(link):
        return True
    scheme = _SCHEME.match(link)
    return scheme is None or scheme[0] in _SCHEMES
