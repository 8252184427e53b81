"""What must never be: two coordinators at once, and a case manager who stands in a team or coordinates."""

from __future__ import annotations

import pytest

from consent.invariants import CLASHES, clashes
from tests.consent.casebook import NOW, read_lines

COORDINATOR = "team t1 Practitioner/nele care-coordinator"
MANAGER = "case-management m1 Practitioner/cas ..2024-12-31"


@pytest.mark.parametrize(
    ("expected", "facts"),
    [
        ((), [COORDINATOR]),
        (("second-coordinator",), [COORDINATOR, "team t2 Practitioner/wim care-coordinator"]),
        (
            ("second-coordinator",),
            [COORDINATOR, "related rita", "team t2 RelatedPerson/rita care-coordinator"],
        ),
        (("second-coordinator",), [COORDINATOR, "team t2 Patient/p care-coordinator"]),
        ((), [COORDINATOR, "team t2 Practitioner/wim"]),
        ((), [COORDINATOR, "team t2 Practitioner/wim care-coordinator proposed"]),
        ((), [COORDINATOR, "team t2 Practitioner/wim care-coordinator declined"]),
        ((), [COORDINATOR, "team t2 Practitioner/wim care-coordinator inactive"]),
        ((), [COORDINATOR, "team t2 Organization/home care-coordinator"]),
        ((), [COORDINATOR, "team t2 Practitioner/nele care-coordinator"]),
        ((), [COORDINATOR, "team t2 PractitionerRole/nele-home care-coordinator"]),
        ((), [COORDINATOR, "team t2 Practitioner/wim care-coordinator ..2024-06-02"]),
        (("second-coordinator",), [COORDINATOR, "team t2 Practitioner/wim care-coordinator ..2024-06-03"]),
        (("second-coordinator",), [COORDINATOR, "team t2 Practitioner/wim care-coordinator 2025-01-01.."]),
        (
            (),
            [
                "team t1 Practitioner/nele care-coordinator ..2024-06-30",
                "team t2 Practitioner/wim care-coordinator 2024-07-01..2024-07-14",
                "team t3 Practitioner/nele care-coordinator 2024-07-15..",
            ],
        ),
        (
            ("second-coordinator",),
            [
                "team t1 Practitioner/nele care-coordinator ..2024-07-01",
                "team t2 Practitioner/wim care-coordinator 2024-07-01..2024-07-14",
            ],
        ),
        ((), [MANAGER, COORDINATOR]),
        (("case-manager-member",), [MANAGER, "team t1 Practitioner/cas"]),
        (("case-manager-member",), [MANAGER, "team t1 PractitionerRole/cas-home"]),
        *(
            (("case-manager-member",), [MANAGER, f"team t1 Practitioner/cas {role}"])
            for role in ("case-manager", "informal-network", "representative", "no-relation")
        ),
        ((), [MANAGER, "team t1 Organization/home"]),
        ((), [MANAGER, "team t1 Practitioner/cas proposed"]),
        ((), [MANAGER, "team t1 Practitioner/cas ..2024-05-31"]),
        ((), [MANAGER, "team t1 Practitioner/cas 2025-01-01.."]),
        (("case-manager-member",), [MANAGER, "team t1 Practitioner/cas 2024-12-31.."]),
        ((), [MANAGER, "therapeutic-relation r1 Practitioner/cas ..2024-12-31"]),
        (
            ("case-manager-member", "case-manager-coordinator"),
            [MANAGER, "team t1 Practitioner/cas care-coordinator"],
        ),
        (CLASHES, [MANAGER, "team t1 Practitioner/cas care-coordinator", COORDINATOR.replace("t1", "t2")]),
    ],
)
def test_clashes_now_or_later_are_found(expected: tuple[str, ...], facts: list[str]) -> None:
    assert expected == clashes(read_lines(facts), NOW)
