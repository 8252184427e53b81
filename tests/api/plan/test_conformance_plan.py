"""What the contract says of the plan, read strictly: what holds for everybody, `system` too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.persons import Person
from tests.resources import DZOP

WELL_BEING = f"{DZOP}/Questionnaire/well-being"


