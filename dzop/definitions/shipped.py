"""What dzop brings into every database as resources like any other: a part with definitions of its own adds a line.

Each has an id, a `url` and a `version`; `dzop.access.supplying` stores it where it is missing or older.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dzop.definitions.plan_templates import plan_templates
from dzop.definitions.questionnaires import questionnaires

__all__ = ["SHIPPED"]

SHIPPED: Final[tuple[Mapping[str, Any], ...]] = (*questionnaires(), *plan_templates())
