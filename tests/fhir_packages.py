"""FHIR packages as they are published, and as nobody should publish them."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

SYSTEM: Final = "https://packaged.example/CodeSystem/vessels"


def code_system(url: str = SYSTEM, *codes: str, **elements: Any) -> dict[str, Any]:
    """A CodeSystem with these codes."""
    return {
        "resourceType": "CodeSystem",
        "id": re.sub(r"[^A-Za-z0-9.-]", "-", url.rpartition("/")[2])[:64],
        "url": url,
        "version": "1.0",
        "status": "active",
        "content": "complete",
        "concept": [{"code": code, "display": code.capitalize()} for code in codes or ("pot", "pan")],
        **elements,
    }


def manifest(*versions: str) -> dict[str, Any]:
    """`package.json` of a package for these versions of FHIR."""
    return {"name": "made-up.package", "version": "1.2.3", "fhirVersions": list(versions or ("4.0.1",))}


def packed(path: Path, files: Mapping[str, Any], *entries: tarfile.TarInfo) -> Path:
    """A package of these files, JSON or bytes, and of these entries without content."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry in entries:
            archive.addfile(entry)
    return path


def link(name: str, target: str, type: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    """An entry that is a link."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = type, target
    return entry


def usual(*resources: Mapping[str, Any]) -> dict[str, Any]:
    """The files of a package with these resources."""
    named = {f"package/{each['resourceType']}-{each['id']}.json": each for each in resources}
    return {"package/package.json": manifest(), **named}
