"""What an operator does with terminologies: load, list, remove."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from dzop.loading import files
from dzop.settings import Settings
from dzop.store import terminology_writing
from dzop.store.database import Database
from dzop.store.terminology_listing import Listed, listed
from dzop.terminology_loading import fhir_files
from dzop.terminology_loading.loader import Begun, Loader, identifier
from dzop.terminology_loading.package import package, resources
from dzop.terminology_loading.report import Report
from dzop.terminology_loading.rf2.concepts import concepts
from dzop.terminology_loading.rf2.definition import definition, searched
from dzop.terminology_loading.rf2.edition import SNOMED_CT
from dzop.terminology_loading.rf2.release import SnapshotFile, is_snapshot_file, snapshot_files
from dzop.terminology_loading.rf2.snapshot import edition, in_order
from terminology.fault import Fault

__all__ = ["load", "loaded", "remove"]

_PACKAGE: Final = (".tgz", ".tar.gz")


async def load(
    settings: Settings, paths: Sequence[Path], begun: Begun, *, again: bool, module: str | None
) -> Report:
    """Loads all terminology at these paths. What of SNOMED CT is in all of them together is one edition, `module` which
    one where that is not clear; `again` replaces what is there already.
    """
    found = list(files(paths))
    async with Database.opened(str(settings.database_url), 2) as database:
        loader = Loader(database, datetime.now(UTC), begun, again=again)
        await _load_files(loader, [path for path in found if fhir_files.is_fhir(path)], begun)
        for path in found:
            if _is_package(path):
                await _load_package(loader, path, begun)
        if releases := [path for path in found if _is_release(path)]:
            await _load_releases(loader, releases, module, begun)
    for path in found:
        if not (fhir_files.is_fhir(path) or _is_package(path) or _is_release(path)):
            loader.report.other[path.suffix or "file"] += 1
    return loader.report


async def loaded(settings: Settings) -> list[Listed]:
    """All that is loaded, by type, URL and version."""
    async with Database.opened(str(settings.database_url), 2) as database:
        return await listed(database)


async def remove(settings: Settings, url: str, version: str | None) -> int:
    """Removes what has this URL, in this version or in all; how many definitions that were."""
    async with (
        Database.opened(str(settings.database_url), 2) as database,
        database.transaction() as transaction,
    ):
        return await terminology_writing.remove(transaction, url, version)


def _is_package(path: Path) -> bool:
    return path.name.endswith(_PACKAGE)


def _is_release(path: Path) -> bool:
    return path.suffix == ".zip" or is_snapshot_file(path)


async def _load_files(loader: Loader, paths: Sequence[Path], begun: Begun) -> None:
    done = begun("Loading files", len(paths)) if paths else None
    for path in paths:
        for piece in fhir_files.resources(path):
            await loader.load(piece, str(path))
        if done:
            done(1)


async def _load_package(loader: Loader, path: Path, begun: Begun) -> None:
    try:
        offered = package(path)
    except Fault as fault:
        loader.report.faults.append(fault.text)
        return
    source = f"{offered.name}#{offered.version}" if offered.version else offered.name
    done = begun(f"Loading {source}", offered.count)
    for piece in resources(offered):
        await loader.load(piece, source)
        done(1)


async def _load_releases(loader: Loader, paths: Sequence[Path], module: str | None, begun: Begun) -> None:
    try:
        offered = snapshot_files(paths)
        source = ", ".join(dict.fromkeys(str(file.path) for file in offered if file.kind == "concept"))
        await _load_edition(loader, offered, source, module, begun)
    except Fault as fault:
        loader.report.faults.append(fault.text)


async def _load_edition(
    loader: Loader, offered: Sequence[SnapshotFile], source: str, module: str | None, begun: Begun
) -> None:
    """SNOMED CT: its concepts come from tables that were put in order first."""
    found = edition(offered, module)
    if await loader.is_unchanged("CodeSystem", SNOMED_CT, found.version):
        return
    read = begun("Reading SNOMED CT", sum(file.size for file in offered))
    with in_order(offered, read) as snapshot:
        resource = definition(found, snapshot.count(), snapshot.attributes())
        shown = orjson.dumps({"resourceType": "CodeSystem", "id": identifier(resource), **resource})
        searchable = searched(resource, snapshot.languages())
        await loader.load_code_system(source, searchable, shown, concepts(snapshot))
