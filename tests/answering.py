"""A small terminology that answers whatever a search asks of it."""

from collections.abc import Mapping

from dzop.fhir.search.terminology import Answer, Question
from dzop.fhir.search.token import Codes
from terminology.fault import Fault

CANONICAL = "https://dzop.example/fhir"
# system -> code -> what is right above it
SYSTEMS: Mapping[str, Mapping[str, str]] = {
    f"{CANONICAL}/CodeSystem/goal-category": {"life-goal": "", "care-goal": "", "support-goal": ""},
    f"{CANONICAL}/CodeSystem/role": {"nurse": "", "physician": ""},
    "https://x.example/CodeSystem/animals": {"mammal": "", "cat": "mammal", "lynx": "cat", "bird": ""},
}


class _Answering(dict[Question, Answer]):
    def __contains__(self, question: object) -> bool:
        return True

    def __missing__(self, question: Question) -> Answer:
        if question.kind == "in":
            return _members(question.name)
        codes = SYSTEMS.get(question.system)
        if codes is None:
            return Fault("not-found", f"the code system `{question.system}` is not held here")
        related = _below if question.kind == "below" else _above
        return (Codes(question.system, related(codes, question.name)),)


def _members(name: str) -> Answer:
    system = f"{CANONICAL}/{name.removeprefix(f'{CANONICAL}/').replace('ValueSet', 'CodeSystem')}"
    if system not in SYSTEMS:
        return Fault("not-found", f"the value set `{name}` is not held here")
    return (Codes(system, frozenset(SYSTEMS[system])),)


def _above(codes: Mapping[str, str], code: str) -> frozenset[str]:
    return frozenset({code}) | (_above(codes, codes[code]) if codes.get(code) else frozenset())


def _below(codes: Mapping[str, str], code: str) -> frozenset[str]:
    return frozenset({code, *(each for each in codes if code in _above(codes, each))})


TERMINOLOGY: Mapping[Question, Answer] = _Answering()
