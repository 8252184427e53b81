"""Made-up releases in the format of SNOMED CT: invented concepts, with identifiers in a namespace of nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from stdnum import verhoeff

DAY: Final = "20260315"
CORE: Final = "900000000000207008"
IS_A: Final = "116680003"
NAME, SYNONYM, DEFINITION = "900000000000003001", "900000000000013009", "900000000000550004"
PREFERRED, ACCEPTABLE = "900000000000548007", "900000000000549004"
US, GB, NL_BE, FR_BE = "900000000000509007", "900000000000508004", "31000172101", "21000172104"
DEFINED, PRIMITIVE = "900000000000073002", "900000000000074008"

_ROW = "id effectiveTime active moduleId"
_RELATED = "relationshipGroup typeId characteristicTypeId modifierId"
FILES: Final = {
    "concept": ("Terminology/sct2_Concept_Snapshot_XX", f"{_ROW} definitionStatusId"),
    "description": (
        "Terminology/sct2_Description_Snapshot-en_XX",
        f"{_ROW} conceptId languageCode typeId term caseSignificanceId",
    ),
    "relationship": (
        "Terminology/sct2_Relationship_Snapshot_XX",
        f"{_ROW} sourceId destinationId {_RELATED}",
    ),
    "value": ("Terminology/sct2_RelationshipConcreteValues_Snapshot_XX", f"{_ROW} sourceId value {_RELATED}"),
    "language": (
        "Refset/Language/der2_cRefset_LanguageSnapshot-en_XX",
        f"{_ROW} refsetId referencedComponentId acceptabilityId",
    ),
    "dependency": (
        "Refset/Metadata/der2_ssRefset_ModuleDependencySnapshot_XX",
        f"{_ROW} refsetId referencedComponentId sourceEffectiveTime targetEffectiveTime",
    ),
}
"""By kind of file the beginning of its name in a snapshot, and its columns."""


def identifier(number: int, partition: str = "10") -> str:
    """An identifier with its check digit: of a concept (10), a description (11) or a relationship (12)."""
    bare = f"{number}9999999{partition}"
    return bare + verhoeff.calc_check_digit(bare)


EXTENSION: Final = identifier(1)
THING, VESSEL, BLUE_THING, BLUE_VESSEL, COLOUR, BLUE, OLD_VESSEL, CAPACITY, LOCAL_VESSEL = map(
    identifier, range(10, 19)
)


@dataclass
class Release:
    """The rows of a release by kind of file, as they stand there."""

    day: str = DAY
    first: int = 100
    rows: dict[str, list[list[str]]] = field(default_factory=lambda: {kind: [] for kind in FILES})

    def concept(self, id: str, *, active: bool = True, module: str = CORE, status: str = PRIMITIVE) -> None:
        self._add("concept", id, module, status, active=active)

    def called(
        self, concept: str, language: str, term: str, *preferred: str, type: str = SYNONYM, active: bool = True,
        acceptable: Iterable[str] = (),
    ) -> None:  # fmt: skip
        """A description, with the language reference sets in which it is preferred and acceptable."""
        id = self._next("description", "11")
        self._add("description", id, CORE, concept, language, type, term, "900000000000448009", active=active)
        for refsets, how in ((preferred, PREFERRED), (acceptable, ACCEPTABLE)):
            for refset in refsets:
                self._add("language", self._next("language", "-"), CORE, refset, id, how)

    def is_a(self, concept: str, *parents: str) -> None:
        for parent in parents:
            self.related(concept, IS_A, parent)

    def related(self, concept: str, type: str, target: str, *, kind: str = "relationship") -> None:
        id = self._next("relationship", "12")
        how = ("0", type, "900000000000011006", "900000000000451002")
        self._add(kind, id, CORE, concept, target, *how)

    def depends(self, module: str, on: str, day: str = "") -> None:
        id = self._next("dependency", "-")
        self._add("dependency", id, module, "900000000000534007", on, day or self.day, self.day)

    def files(self) -> dict[str, bytes]:
        """Name in the release and content of each file."""
        return {
            f"Snapshot/{name}_{self.day}.txt": _written(columns, self.rows[kind])
            for kind, (name, columns) in FILES.items()
        }

    def unpacked(self, folder: Path) -> Path:
        """The release as a folder."""
        for name, content in self.files().items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder

    def zipped(self, path: Path) -> Path:
        """The release as a zip file."""
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            for name, content in self.files().items():
                archive.writestr(f"Release/{name}", content)
        return path

    def _add(self, kind: str, id: str, module: str, *columns: str, active: bool = True) -> None:
        self.rows[kind].append([id, self.day, "1" if active else "0", module, *columns])

    def _next(self, kind: str, partition: str) -> str:
        number = sum(len(rows) for rows in self.rows.values()) + self.first
        return f"member-{number}" if partition == "-" else identifier(number, partition)


def _written(columns: str, rows: Iterable[Iterable[str]]) -> bytes:
    return "".join("\t".join(row) + "\r\n" for row in (columns.split(), *rows)).encode()


def international(day: str = DAY) -> Release:
    """Vessels and colours: a hierarchy in which one concept has two parents, and one that is inactive."""
    made = Release(day)
    for concept in (THING, VESSEL, BLUE_THING, COLOUR, BLUE, CAPACITY):
        made.concept(concept)
    made.concept(BLUE_VESSEL, status=DEFINED)
    made.concept(OLD_VESSEL, active=False)
    for concept, term in (
        (THING, "Made-up thing"), (VESSEL, "Vessel"), (BLUE_THING, "Blue thing"), (COLOUR, "Color"), (BLUE, "Blue"),
        (CAPACITY, "Capacity"), (OLD_VESSEL, "Amphora"),
    ):  # fmt: skip
        made.called(concept, "en", f"{term} (made-up thing)", US, GB, type=NAME)
        made.called(concept, "en", term, US, GB)
    made.called(BLUE_VESSEL, "en", "Blue vessel (made-up thing)", US, GB, type=NAME)
    made.called(BLUE_VESSEL, "en", "Azure vessel", US, active=False)
    made.called(BLUE_VESSEL, "en", "Blue-coloured vessel", GB, acceptable=[US])
    made.called(BLUE_VESSEL, "en", "Blue-colored vessel", US, acceptable=[GB])
    made.called(BLUE_VESSEL, "en", "A vessel that is blue.", US, GB, type=DEFINITION)
    made.called(BLUE_VESSEL, "nl", "blauw vat", acceptable=[NL_BE])
    made.called(BLUE_VESSEL, "nl", "blauwe kuip", NL_BE)
    made.called(BLUE_VESSEL, "fr", "récipient bleu", FR_BE)
    made.is_a(VESSEL, THING)
    made.is_a(BLUE_THING, THING)
    made.is_a(BLUE_VESSEL, VESSEL, BLUE_THING)
    for concept in (COLOUR, BLUE, CAPACITY):
        made.is_a(concept, THING)
    made.related(BLUE_VESSEL, COLOUR, BLUE)
    made.related(BLUE_VESSEL, CAPACITY, "#1.5", kind="value")
    made.depends(CORE, "900000000000012004")
    made.depends("449080006", CORE)
    return made


def extension(day: str = DAY) -> Release:
    """What a country adds: a vessel of its own."""
    made = Release(day, first=500)
    made.concept(LOCAL_VESSEL, module=EXTENSION)
    made.called(LOCAL_VESSEL, "en", "Local vessel (made-up thing)", US, type=NAME)
    made.called(LOCAL_VESSEL, "nl", "kruik van hier", NL_BE)
    made.is_a(LOCAL_VESSEL, VESSEL)
    made.depends(EXTENSION, CORE)
    return made


def edition(day: str = DAY) -> Release:
    """Both in one release."""
    first, second = international(day), extension(day)
    for kind, rows in second.rows.items():
        first.rows[kind] += rows
    return first
