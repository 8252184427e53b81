"""What became of everything that was offered to be loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Report"]


@dataclass(slots=True)
class Report:
    """`loaded`, `replaced` and `unchanged` count by type; `other` what is no terminology, by type or ending."""

    loaded: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    concepts: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        """Whether there was any terminology, and all of it was taken."""
        return bool(self.loaded or self.replaced or self.unchanged) and not self.faults

    def lines(self) -> Iterator[str]:
        """The report in words: what was counted, then what is to be said of single pieces."""
        counted = {
            "loaded": self.loaded,
            "replaced": self.replaced,
            "unchanged": self.unchanged,
            "left out, as no terminology": self.other,
        }
        for title, counts in counted.items():
            if counts:
                each = ", ".join(f"{type} {number}" for type, number in sorted(counts.items()))
                yield f"{sum(counts.values())} {title}: {each}"
        if self.concepts:
            yield f"{self.concepts} concepts written"
        if not (self.is_done or self.faults):
            yield "nothing to load: there is no code system, value set, concept map or release of SNOMED CT there"
        yield from (f"fault: {text}" for text in self.faults)
