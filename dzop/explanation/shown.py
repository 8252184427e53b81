"""An explanation on a terminal: the decision, the sentence, each reason with its rule, the version of the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from dzop.explanation.words import WORDS

__all__ = ["shown"]


def shown(
    language: str, permit: bool, text: str, reasons: Sequence[tuple[str, str]], matrix_version: str
) -> Iterable[Text]:
    """The lines; `reasons` are (text, rule). Without colours they say the same."""
    yield Text("permit", "bold green") if permit else Text("deny", "bold red")
    yield Text(text, "bold")
    yield from _reasons(reasons)
    yield Text(WORDS[language].say("frame", "matrix", version=matrix_version), "dim")


def _reasons(reasons: Sequence[tuple[str, str]]) -> Iterator[Text]:
    for text, rule in reasons:
        yield Text.assemble("- ", text, (f"  [{rule}]", "dim"))
