"""Developer tool: fetches the portal's two libraries from npm into `static/vendor` (`make vendor`).

    python -m dzop.portal.vendor

The result is committed, so that a running portal needs no npm. Each package is pinned by version and
by the integrity of its archive; only the files named here are kept, with the licence beside them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PACKAGES", "VENDOR", "Package", "fetch"]

VENDOR = Path(__file__).parent / "static" / "vendor"


@dataclass(frozen=True, slots=True)
class Package:
    """An npm package: `files` maps a path in its archive to the path we keep it under."""

    name: str
    version: str
    integrity: str
    files: dict[str, str]


PACKAGES = (
    Package(
        "lit",
        "3.3.3",
        "sha512-fycuvZg/hkpozL00lm1pEJH5nN/lr9ZXd6mJI2HSN4+Bzc+LDNdEApJ6HFbPkdFNHLvOplIIuJvxkS4XUxqirw==",
        {"html.js": "lit/html.js", "LICENSE": "lit/LICENSE"},
    ),
    Package(
        "lit-html",
        "3.3.3",
        "sha512-el8M6jK2o3RXBnrSHX3ZKrsN8zEV63pSExTO1wYJz7QndGYZ8353e2a5PPX+qHe2aGayfnchQmkAojaWAREOIA==",
        {"lit-html.js": "lit-html/lit-html.js", "LICENSE": "lit-html/LICENSE"},
    ),
    Package(
        "fhirclient",
        "2.6.3",
        "sha512-CirZixcwWelbkIXxpxlNQx5+ZdJirl6F1s4y4yvA1X7hHAkr9n99aVHaMi0wX+97nATjKQ65X6NB5as/wZoJzg==",
        {
            "build/fhir-client.pure.min.js": "fhirclient/fhir-client.pure.min.js",
            "build/fhir-client.pure.min.js.LICENSE.txt": "fhirclient/fhir-client.pure.min.js.LICENSE.txt",
            "LICENSE": "fhirclient/LICENSE",
        },
    ),
)
ENTRY_POINTS = {"lit-html": "lit-html/lit-html.js"}
_BARE_IMPORT = re.compile(r'(?P<before>\b(?:from|import)\s*)"(?P<name>[^"./][^"]*)"')
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S+\s*$")


def fetch(package: Package, folder: Path) -> dict[str, str]:
    """Writes the files of one package under `folder`; returns their SHA-256 by path."""
    with tempfile.TemporaryDirectory() as work:
        archive = _packed(package, Path(work))
        with tarfile.open(archive) as members:
            contents = {
                kept: members.extractfile(f"package/{path}").read()  # type: ignore[union-attr]
                for path, kept in package.files.items()
            }
    return {kept: _write(folder / kept, kept, content) for kept, content in contents.items()}


def _packed(package: Package, folder: Path) -> Path:
    command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    name = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    archive = folder / name.strip().splitlines()[-1]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != package.integrity:
        raise SystemExit(f"{package.name} {package.version} is not what it was: sha512-{digest}")
    return archive


def _write(path: Path, kept: str, content: bytes) -> str:
    if kept.endswith(".js"):
        content = _browser_ready(content.decode(), kept).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _browser_ready(text: str, kept: str) -> str:
    """Bare imports made relative (a browser knows no packages), the link to a source map removed."""

    def relative(match: re.Match[str]) -> str:
        if match["name"] not in ENTRY_POINTS:
            return match[0]  # words in a text of the library, not an import
        target = posixpath.relpath(ENTRY_POINTS[match["name"]], posixpath.dirname(kept))
        return f'{match["before"]}"{target}"'

    return _SOURCE_MAP.sub("\n", _BARE_IMPORT.sub(relative, text))


def main() -> None:
    """Fetches all packages and records what was kept."""
    record = {
        package.name: {"version": package.version, "files": fetch(package, VENDOR)} for package in PACKAGES
    }
    (VENDOR / "vendored.json").write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    sys.stdout.write(f"{sum(len(package.files) for package in PACKAGES)} files in {VENDOR}\n")


if __name__ == "__main__":
    main()
