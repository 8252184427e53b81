"""What a printed plan says: headings, and lines under them, whatever it is printed on."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Line", "Paper", "Section"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is told: in a few words, then in short `notes`; `level` is how deep it stands below others.

    `source` is the key (`Type/id`) of the resource that says so.
    """

    text: str
    notes: tuple[str, ...] = ()
    level: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its code (of `document-section`), what there is to say of it as a whole, and its lines.

    `sources` are the keys of all that it tells of.
    """

    code: str
    title: str
    remark: str
    lines: tuple[Line, ...]
    sources: tuple[str, ...]
    on_own_page: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A plan as it was at a moment, as far as one reader may see it, in one language.

    `copy` and `page` (with places `{page}` and `{pages}`) stand on every page, `preface` under the title;
    `standing` is what comes before that, of a plan that is not simply going on.
    """

    language: str
    title: str
    copy: str
    page: str
    preface: tuple[str, ...]
    standing: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The keys of all that it tells of, each once."""
        return tuple(dict.fromkeys(key for each in self.sections for key in each.sources))
