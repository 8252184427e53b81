"""Narrative: formatted text passes, anything that could act does not."""

import pytest

from dzop.fhir.narrative import narrative_fault, narrative_text


def div(content: str) -> str:
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{content}</div>'


@pytest.mark.parametrize(
    "content",
    [
        "Walk to the market",
        "<p>Fish &amp; chips &#160; &lt;b&gt;</p><br/><hr/>",
        '<p style="color: red; font-weight: bold" class="x" id="a">é</p>',
        "<table><tr><td colspan='2'>1</td></tr></table>",
        "<table><thead><tr><th>h</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>",
        '<a href="https://example.org/a">a</a> <a href="#b" name="b">b</a>',
        '<a href="mailto:a@example.org">a</a>',
        "<p><b><ul><li>a list in a paragraph</li></ul></b></p>",
        '<img src="data:image/png;base64,AAAA" alt="dot"/>',
        '<a href="Patient/1">relative</a>',
        "<!-- a plain remark --><p>text</p>",
        '<ul xml:lang="nl"><li>een</li></ul>',
    ],
)
def test_formatted_text_passes(content: str) -> None:
    assert narrative_fault(div(content)) is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<script>alert(1)</script>", "element `script`"),
        ("<style>p{}</style>", "element `style`"),
        ('<iframe src="https://example.org"></iframe>', "element `iframe`"),
        ("<object></object>", "element `object`"),
        ("<form><input/></form>", "element `form`"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "element `svg`"),
        ('<s:script xmlns:s="http://www.w3.org/1999/xhtml">x</s:script>', "element `script`"),
        ('<p onclick="x()">a</p>', "attribute `onclick`"),
        ('<img src="x.png" onerror="x()"/>', "attribute `onerror`"),
        ('<a href="javascript:x()">a</a>', "a link in `a`"),
        ('<a href="java&#10;script:x()">a</a>', "a link in `a`"),
        ('<a href=" JaVaScRiPt:x()">a</a>', "a link in `a`"),
        ('<a href="data:text/html;base64,AAAA">a</a>', "a link in `a`"),
        ('<img src="data:image/svg+xml;base64,AAAA"/>', "a link in `img`"),
        ('<a href="vbscript:x">a</a>', "a link in `a`"),
        ('<p style="background: url(https://example.org/x)">a</p>', "a style"),
        ('<p style="width: expression(x)">a</p>', "a style"),
        ('<p style="position: fixed">a</p>', "a style"),
        ("<![CDATA[><img src=x onerror=x()>]]>", "CDATA"),
        ("<!--><img src=x onerror=x()>-->text", "a comment with a `>`"),
        ("<?php x ?>text", "processing instruction"),
        ("<p>open", "not well-formed"),
        ("&nbsp;text", "not well-formed"),
        (" \n ", "says nothing"),
        ("<p> </p>", "says nothing"),
        ("<p>" * 300 + "x" + "</p>" * 300, "at most 64 deep"),
    ],
)
def test_what_could_act_is_refused(content: str, text: str) -> None:
    assert text in str(narrative_fault(div(content)))


@pytest.mark.parametrize(
    "text",
    [
        "plain text",
        "",
        "<div>no namespace</div>",
        '<p xmlns="http://www.w3.org/1999/xhtml">not a div</p>',
        '<?xml version="1.0"?><div xmlns="http://www.w3.org/1999/xhtml">a</div>',
        '<!DOCTYPE div [<!ENTITY a "b">]><div xmlns="http://www.w3.org/1999/xhtml">&a;</div>',
        '<div xmlns="http://www.w3.org/1999/xhtml">a</div><script/>',
        '<div xmlns="http://www.w3.org/1999/xhtml">\ud800</div>',
    ],
)
def test_what_is_not_one_div_is_refused(text: str) -> None:
    assert narrative_fault(text) is not None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Walk to the market", "Walk to the market"),
        ("<p>Fish &amp; chips</p><p>at <b>sea</b></p>", "Fish & chips at sea"),
        ('<a title="no &gt; text">a</a>', "a"),
        ("one<br/>two", "one two"),
        ("<p>never closed", ""),
        ("\ud800", ""),
    ],
)
def test_the_text_of_a_narrative_is_what_a_reader_sees(content, expected):
    assert expected == narrative_text(div(content))
