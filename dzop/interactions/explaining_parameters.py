"""What the operations that explain are asked with, read from their parameters; Invalid for what cannot be asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from dzop.access.explaining.inquiry import Question, category_mask
from dzop.access.explaining.sight import PREVIEWED
from dzop.explanation.languages import ours
from dzop.fhir.outcome import Invalid
from dzop.fhir.parameters import Given
from dzop.fhir.references import actor_key, read_reference
from dzop.fhir.search.date import BRUSSELS, EARLIEST, LATEST
from dzop.interactions.exchanged import Ask

_ACTORS: Final = ("Practitioner", "PractitionerRole", "Organization", "RelatedPerson", "Patient")
_MOST: Final = 1_000
_USUAL: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of one call."""

    ask: Ask
    given: Given

    def question(self, code: str) -> Question:
        """Which operation, about whom, and in which language it is to be answered."""
        language = self.given.get("language")
        if language is not None and ours(language) is None:
            raise Invalid("`language` is one of `nl`, `fr`, `de`, `en`", expression="language")
        return Question(code, self.ask.id, language and ours(language), self.ask.request.accept_language)

    def subject(self) -> tuple[str, str]:
        """(resource, category), one of which is empty."""
        found = self.narrowed()
        if not any(found):
            raise Invalid("give either `resource` or `category`", expression="Parameters.parameter")
        return found

    def narrowed(self) -> tuple[str, str]:
        """(resource, category), one or both of which are empty."""
        resource, category = self.given.get("resource"), self.given.get("category")
        if resource is not None and category is not None:
            raise Invalid("give either `resource` or `category`", expression="Parameters.parameter")
        if category is not None and not category_mask(category):
            raise Invalid(f"`{category[:64]}` is no data category", expression="category")
        return "" if resource is None else self.entry("resource", PREVIEWED), category or ""

    def entry(self, name: str, types: Collection[str]) -> str:
        """`Type/id` of an entry of a plan."""
        reference = read_reference(self.given.get(name), self.ask.service.base)
        if reference.local is None or reference.type not in types:
            example = f"{next(iter(types))}/x"
            raise Invalid(
                f"`{name}` is a reference to an entry of a plan, such as `{example}`", expression=name
            )
        return reference.local

    def actor(self, name: str = "actor") -> str:
        """The key of somebody who can act."""
        key = actor_key(self.given.get(name), self.ask.service.base)
        if key is None or ("|" not in key and key.partition("/")[0] not in _ACTORS):
            raise Invalid(f"`{name}` is a reference to one of {', '.join(_ACTORS)}", expression=name)
        return key

    def organization(self) -> str:
        """The key of the employer, or nothing."""
        return "" if self.given.get("organization") is None else self.actor("organization")

    def code(self, name: str, codes: Collection[str]) -> str | None:
        """A code, one of these."""
        code: str | None = self.given.get(name)
        if code is not None and code not in codes:
            raise Invalid(f"`{name}` is one of {', '.join(f'`{each}`' for each in codes)}", expression=name)
        return code

    def at(self) -> datetime:
        """The instant asked about, else now."""
        return self._instant("at") or self.ask.call.now

    def since(self) -> datetime | None:
        """What is asked for began then or later; a day begins at midnight in Brussels."""
        text = str(self.given.get("_since", ""))
        if "T" in text or not text:
            return self._instant("_since")
        return _midnight(self._day("_since") or date.min)

    def days(self) -> tuple[datetime, datetime]:
        """From the first midnight of `start`, or `_since`, to before the one after `end`; unbounded without."""
        start, end = self._day("start"), self._day("end")
        low = _midnight(start) if start is not None else EARLIEST
        low = max(low, self.since() or EARLIEST)
        high = _midnight(end + timedelta(days=1)) if end is not None and end < date.max else LATEST
        return low, high

    def count(self) -> int:
        """How many, at most."""
        text = str(self.given.get("_count", _USUAL))
        if not (text.isdecimal() and len(text) < 6 and 1 <= int(text) <= _MOST):
            raise Invalid(f"`_count` is a number from 1 to {_MOST}", expression="_count")
        return int(text)

    def _instant(self, name: str) -> datetime | None:
        text = self.given.get(name)
        if text is None:
            return None
        try:
            at = datetime.fromisoformat(text)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise Invalid(f"`{name}` is an instant such as `2027-01-31T12:00:00Z`", expression=name)

    def _day(self, name: str) -> date | None:
        text = self.given.get(name)
        try:
            return None if text is None else date.fromisoformat(text)
        except ValueError:
            raise Invalid(f"`{name}` is a day such as `2027-01-31`", expression=name) from None


def _midnight(day: date) -> datetime:
    if day.year == 1:
        return EARLIEST
    return datetime(day.year, day.month, day.day, tzinfo=BRUSSELS)
