"""What the operations on terminology are asked with, read from their parameters; Invalid for what cannot be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.parameters import Given
from dzop.interactions.exchanged import Ask
from terminology.languages import preferences

__all__ = ["Asked", "Coded", "split_canonical"]

_MOST: Final = 50
"""How often a parameter may be given, and how many codings a concept may have."""
_LONGEST: Final = 2_000
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Coded:
    """A code as it was sent; `system`, `version` and `display` are empty where they were not.

    `where` is the parameter that it came in.
    """

    system: str
    code: str
    version: str = ""
    display: str = ""
    where: str = "code"

    def __str__(self) -> str:
        return (f"{self.system}#{self.code}" if self.system else self.code)[:_SHOWN]


def split_canonical(text: str, version: str = "") -> tuple[str, str]:
    """(url, version) of a canonical; the version that stands behind `|` goes before the other."""
    url, _, own = text.partition("|")
    return url, own or version


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of one call."""

    ask: Ask
    given: Given

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that displays are wanted in, best first; none for no preference."""
        return preferences(self.text("displayLanguage") or self.ask.request.accept_language)

    def text(self, name: str) -> str:
        """The text of a parameter, without the space around it; empty where it is not given."""
        return _checked(self.given.get(name, ""), name).strip()

    def several(self, name: str) -> tuple[str, ...]:
        """The texts of a parameter that may be given several times."""
        given = self.given.all(name)
        if len(given) > _MOST:
            raise Invalid(f"`{name}` can be given {_MOST} times", expression=name)
        return tuple(_checked(each, name) for each in given)

    def is_true(self, name: str, otherwise: bool = False) -> bool:
        return bool(self.given.get(name, otherwise))

    def number(self, name: str) -> int | None:
        """A number that is not negative."""
        number = self.given.get(name)
        if number is None:
            return None
        if number < 0:
            raise Invalid(f"`{name}` is a whole number, 0 or more", expression=name)
        return int(number)

    def require_today(self) -> None:
        """Definitions are not kept by date: whoever asks for another day than this must be told."""
        date = self.text("date")
        if date and date[:10] != self.ask.call.now.date().isoformat():
            text = "`date` can only be today: definitions are kept by version; ask for a version instead"
            raise Invalid(Issue("not-supported", text, "date"))

    def canonical(self, version: str) -> tuple[str, str]:
        """(url, version) of the parameter `url`, and of the one that names its version; empty where not given."""
        url, behind = split_canonical(self.text("url"))
        named = self.text(version)
        if behind and named not in ("", behind):
            raise Invalid(f"`url` and `{version}` name different versions", expression=version)
        return url, behind or named

    def coded(self, version: str) -> tuple[Coded, ...]:
        """What is asked about: `code`, or `coding`, or the codings of `codeableConcept`; exactly one of these.

        `version` is the name of the parameter with the version of the system of `code`.
        """
        name = self.only(("code", "coding", "codeableConcept"))
        if name is None:
            raise Invalid("say which code: `code` with `system`, or `coding`", expression="code")
        if name == "code":
            plain = {"code": self.text("code"), "system": self.text("system")}
            return (self._coded(plain, "code", version),)
        concept = self.given.get(name)
        if name == "coding":
            return (self._coded(concept, name, version),)
        codings = concept.get("coding", ())
        if not 0 < len(codings) <= _MOST:
            raise Invalid(f"`{name}` has 1 to {_MOST} elements `coding`", expression=f"{name}.coding")
        return tuple(
            self._coded(each, f"{name}.coding[{number}]", version) for number, each in enumerate(codings)
        )

    def one_of(self, code: str, coding: str) -> Coded:
        """The code in the parameter `code`, without system, or in `coding`; exactly one of these."""
        name = self.only((code, coding))
        if name is None:
            raise Invalid(f"give `{code}` or `{coding}`", expression=code)
        return self._coded({"code": self.text(code)} if name == code else self.given.get(coding), name, "")

    def _coded(self, coding: Mapping[str, Any], where: str, version: str) -> Coded:
        """A coding; what it does not say of version and display is told by the parameters."""
        known = {
            name: _checked(coding.get(name, ""), where) for name in ("system", "version", "code", "display")
        }
        if not known["code"]:
            raise Invalid("say which code", expression=where)
        system, behind = split_canonical(known["system"])
        named = known["version"] or behind or (self.text(version) if version else "")
        return Coded(system, known["code"], named, known["display"] or self.text("display"), where)

    def only(self, names: Sequence[str]) -> str | None:
        """The one of these parameters that is given, or none; Invalid when several are."""
        found = [each for each in names if self.given.get(each) not in (None, "")]
        if len(found) > 1:
            listed = ", ".join(f"`{each}`" for each in names)
            raise Invalid(f"only one of {listed} can be given", expression=found[1])
        return found[0] if found else None


def _checked(value: Any, name: str) -> str:
    """The text; Invalid for one that is longer than any code, or that no text may hold."""
    text = str(value)
    if len(text) > _LONGEST or "\0" in text:
        raise Invalid(f"`{name}` is a text of at most {_LONGEST:,} characters", expression=name)
    return text
