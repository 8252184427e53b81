"""An access matrix that differs from the shipped one in some cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from consent.published import COLUMNS, as_csv


def changed(path: Path, **cells: dict[str, str]) -> Path:
    """A file beside which the shipped matrix differs in these cells: `document__informal_carer={"read": "all"}`."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for line in csv.DictReader(as_csv().splitlines()):
        name = f"{line['category']}__{line['role']}".replace("-", "_")
        writer.writerow({**line, **cells.pop(name, {})})
    assert cells == {}
    path.write_text(out.getvalue())
    return path
