"""The plan as PDF: everything the paper says is on the pages, in letters that can be read, and tagged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from papers import NOW, PERSON, paper
from pypdf import PdfReader
from resources import goal, task

from dzop.plan.paper.content import Paper
from dzop.plan.paper.pdf import pdf

FOOT = 60  # points above the lower edge


def read(found: Paper) -> PdfReader:
    return PdfReader(BytesIO(pdf(found, NOW)))


def text(found: Paper) -> str:
    return "\n".join(each.extract_text() for each in read(found).pages)


def saying(words: str) -> Paper:
    """A paper with one goal, in these words."""
    return paper(goal("Goal/a", PERSON, description={"text": words}))


def large() -> Paper:
    tasks = [task(f"Task/{each:03}", PERSON, description=f"Task {each:03}.") for each in range(100)]
    return paper(*tasks)


def test_all_that_the_paper_says_is_on_the_pages() -> None:
    found = large()
    said = text(found)
    assert [each.text for section in found.sections for each in section.lines if each.text not in said] == []


def test_each_page_has_its_number() -> None:
    pages = [each.extract_text() for each in read(large()).pages]
    count = len(pages)
    assert [page for page, said in enumerate(pages, 1) if f"page {page} of {count}" not in said] == []


def test_each_page_says_that_it_is_a_copy_and_of_when() -> None:
    pages = [each.extract_text() for each in read(large()).pages]
    assert [each for each in pages if not each.startswith("Copy of 22 November 2026 at 20:30")] == []


def test_the_emergency_page_begins_a_page() -> None:
    last = read(paper()).pages[-1].extract_text()
    assert last.splitlines()[1] == "In an emergency"


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Łukasz Ștefănescu, Əliyev, Nguyễn, Gökçe, Ærø", "Łukasz Ștefănescu, Əliyev, Nguyễn, Gökçe, Ærø"),
        ("Жанна, Γιώργος", "Жанна, Γιώργος"),
        ("e\u0301te\u0301", "été"),
        ("½ tablet ﬁne", "½ tablet fine"),
        ("\u0645", "\ufffd"),
        ("a\u200bb", "ab"),
    ],
    ids=["Latin", "Cyrillic and Greek", "composed", "compatible", "not in the font", "invisible"],
)
def test_letters_are_printed_or_marked(written: str, printed: str) -> None:
    assert printed in text(saying(written))


def test_a_word_longer_than_a_line_is_broken() -> None:
    word = "w" * 300
    assert word in text(saying(word)).replace("\n", "")


def test_lines_that_were_written_apart_stay_apart() -> None:
    assert "• One\nTwo" in text(saying("One\nTwo"))


def test_braces_and_tags_of_a_text_are_printed_as_they_are() -> None:
    assert "{page} <b>**x**</b> {nb}" in text(saying("{page} <b>**x**</b> {nb}"))


def test_only_the_number_of_the_page_stands_at_its_foot() -> None:
    low: list[str] = []

    def visit(said: str, _: object, position: Sequence[float], *__: object) -> None:
        if 0 < position[5] < FOOT and said.strip():
            low.append(said.strip())

    for page in read(large()).pages:
        page.extract_text(visitor_text=visit)
    assert [each for each in low if not each.startswith("page ")] == []


def test_the_same_paper_gives_the_same_bytes() -> None:
    assert pdf(large(), NOW) == pdf(large(), NOW)


def test_another_moment_gives_another_file() -> None:
    assert pdf(paper(), NOW) != pdf(paper(), NOW + timedelta(seconds=1))


def test_a_reader_aloud_knows_title_language_and_that_it_is_tagged() -> None:
    found = read(paper(language="fr"))
    root = found.trailer["/Root"]
    assert (found.metadata and found.metadata.title, root["/Lang"], root["/MarkInfo"]["/Marked"].value) == (
        "Le plan – Jet",
        "fr",
        True,
    )


def test_headings_are_tagged_as_headings() -> None:
    elements = read(paper()).trailer["/Root"]["/StructTreeRoot"]["/K"][0].get_object()["/K"]
    tags = [each.get_object()["/S"] for each in elements]
    assert (tags.count("/H1"), tags.count("/H2")) == (1, 9)


def test_the_outline_has_the_sections() -> None:
    found = paper()
    assert [each["/Title"] for each in read(found).outline] == [each.title for each in found.sections]


def test_a_paper_without_sections_has_one_page() -> None:
    assert len(read(replace(paper(), sections=())).pages) == 1
