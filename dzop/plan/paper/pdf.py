"""A printed plan as PDF: large type, headings and paragraphs tagged for those who have it read aloud.

Lines are broken here: each word is measured once, which takes a fraction of the time that the library's own cells do.
The same paper gives the same bytes. https://py-pdf.github.io/fpdf2/, https://www.pdfa.org/resource/iso-32000-pdf/
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Final

from fpdf import FPDF
from fpdf.fonts import TTFFont
from fpdf.prefs import ViewerPreferences

from dzop.plan.paper.content import Line, Paper, Section

__all__ = ["pdf"]

_FONTS: Final = {"": "NotoSans-Regular.ttf", "B": "NotoSans-Bold.ttf"}
_MARGIN, _FOOT, _INDENT = 20.0, 24.0, 7.0  # mm
_TOP: Final = _MARGIN + 4  # where the text begins, below what stands on every page
_MISSING: Final = "\ufffd"


@dataclass(frozen=True, slots=True)
class _Style:
    """How a paragraph looks: size in points, space before it in mm, and its tag in the structure of the document."""

    size: float
    before: float
    tag: str = "P"
    font: str = ""
    grey: int = 0

    @property
    def line(self) -> float:
        """The height of a line in mm."""
        return self.size * 0.48


_TITLE: Final = _Style(24, 0, "H1", "B")
_HEADING: Final = _Style(18, 9, "H2", "B")
_REMARK: Final = _Style(13, 2)
_PREFACE: Final = _Style(12, 2, grey=70)
_ENTRY: Final = _Style(14, 3.5, font="B")
_NOTE: Final = _Style(12.5, 0.3, grey=50)
_SMALL: Final = _Style(10, 0, grey=70)


def pdf(paper: Paper, made: datetime) -> bytes:
    """The pages, A4; `made` is when."""
    sheets = _Sheets(paper, made)
    sheets.paragraph(paper.title, _TITLE)
    for text in paper.standing:
        sheets.paragraph(text, _ENTRY)
    for text in paper.preface:
        sheets.paragraph(text, _PREFACE)
    for section in paper.sections:
        _print_section(sheets, section)
    return sheets.finished()


def _print_section(sheets: _Sheets, section: Section) -> None:
    if section.on_own_page:
        sheets.add_page()
    sheets.heading(section.title)
    if section.remark:
        sheets.paragraph(section.remark, _ENTRY if section.on_own_page else _REMARK)
    for line in section.lines:
        _print_line(sheets, line)


def _print_line(sheets: _Sheets, line: Line) -> None:
    indent = line.level * _INDENT
    notes = " · ".join(line.notes)
    sheets.keep(_ENTRY, _NOTE)
    sheets.paragraph(line.text, _ENTRY, indent, bullet=True)
    if notes:
        sheets.paragraph(notes, _NOTE, indent)


class _Sheets(FPDF):
    """The pages, and how far they are written."""

    def __init__(self, paper: Paper, made: datetime) -> None:
        super().__init__(format="A4")
        self._paper = paper
        self._widths: dict[tuple[str, float, str], float] = {}
        self._look: _Style | None = None
        for style, name in _FONTS.items():
            self.add_font("Noto", style, str(files(__package__).joinpath("fonts", name)))
        fonts = [each for each in self.fonts.values() if isinstance(each, TTFFont)]
        self._letters: Collection[int] = frozenset(code for each in fonts for code in each.cmap)
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(False)
        self.set_creation_date(made)
        self.set_title(paper.title)
        self.set_lang(paper.language)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.add_page()

    def header(self) -> None:
        """On top of each page: that it is a copy, and of when."""
        self._look = None
        self.y = _MARGIN - 6
        self._aside(self._paper.copy)
        self.y = _TOP

    def heading(self, text: str) -> None:
        """A heading, which the outline has too; never alone at the foot of a page."""
        self.keep(_HEADING, _ENTRY, _NOTE)
        self.start_section(text)
        self.paragraph(text, _HEADING)

    def keep(self, *styles: _Style) -> None:
        """Begins another page where there is no room for a line of each of these."""
        if self.y + sum(each.before + each.line for each in styles) > self.h - _FOOT:
            self.add_page()

    def paragraph(self, text: str, style: _Style, indent: float = 0, *, bullet: bool = False) -> None:
        """A text, broken into lines and pages; with a bullet it is set in as far as what follows it without."""
        left = _MARGIN + indent + (_INDENT if bullet or style is _NOTE else 0)
        lines = list(self._broken(_printable(text, self._letters), style, self.w - _MARGIN - left))
        self.y += style.before if self.y > _TOP else 0
        self._open(style)
        for number, line in enumerate(lines):
            if self.y + style.line > self.h - _FOOT:
                self._out("EMC")
                self.add_page()
                self._open(style)
            self._set(style)
            if bullet and number == 0:
                self.text(left - _INDENT + 1.5, self.y + style.line * 0.75, "•")
            self.text(left, self.y + style.line * 0.75, line)
            self.y += style.line
        self._out("EMC")

    def finished(self) -> bytes:
        """All pages with their numbers."""
        count = len(self.pages)
        for number in range(1, count + 1):
            self.page, self._look = number, None
            self.y = self.h - _FOOT + 8
            self._aside(self._paper.page.format(page=number, pages=count))
        return bytes(self.output())

    # -- writing -------------------------------------------------------------------------------------------

    def _aside(self, text: str) -> None:
        """What stands on each page is no part of the text: who listens does not hear it again and again."""
        self._out("/Artifact BMC")
        self.current_font_is_set_on_page = False
        self._set(_SMALL)
        self.text(_MARGIN, self.y, text)
        self._out("EMC")

    def _open(self, style: _Style) -> None:
        """Begins a tagged piece of the page. The library tags figures only, so its inner parts are used."""
        number = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=f"/{style.tag}", mcid=number)
        self._out(f"/{style.tag} <</MCID {number}>> BDC")

    def _set(self, style: _Style) -> None:
        if style is not self._look:
            self._look = style
            self.set_font("Noto", style.font, style.size)
            self.set_text_color(style.grey)

    def _broken(self, text: str, style: _Style, width: float) -> Iterator[str]:
        """The lines of a text: words as many as fit, and parts of a word that fits on no line."""
        self._set(style)
        space = self._width(" ", style)
        for paragraph in text.split("\n"):
            line, length = list[str](), 0.0
            for word in (part for each in paragraph.split() for part in self._pieces(each, style, width)):
                added = self._width(word, style)
                if line and length + space + added > width:
                    yield " ".join(line)
                    line, length = [], 0.0
                length += added + (space if line else 0)
                line.append(word)
            yield " ".join(line)

    def _pieces(self, word: str, style: _Style, width: float) -> Sequence[str]:
        if self._width(word, style) <= width:
            return (word,)
        size = max(1, int(len(word) * width / self._width(word, style)) - 1)
        return [word[at : at + size] for at in range(0, len(word), size)]

    def _width(self, word: str, style: _Style) -> float:
        key = (style.font, style.size, word)
        if key not in self._widths:
            self._widths[key] = self.get_string_width(word, normalized=True)
        return self._widths[key]


def _printable(text: str, letters: Collection[int]) -> str:
    """The text in these letters: composed, else without what stands above or below them, else a mark for each."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        each if ord(each) in letters or each == "\n" else _replaced(each, letters) for each in composed
    )


def _replaced(letter: str, letters: Collection[int]) -> str:
    plain = "".join(each for each in unicodedata.normalize("NFKD", letter) if ord(each) in letters)
    return plain or ("" if unicodedata.category(letter) in ("Cc", "Cf", "Mn") else _MISSING)
