"""How many mutants of the access law the tests noticed, after `mutmut run`; fewer than 90 % is a failure."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ENOUGH = 90


def main() -> None:
    """Prints the score; exit code 1 where it is too low."""
    counts = json.loads(Path("mutants/mutmut-cicd-stats.json").read_text())
    noticed = counts["killed"] + counts["timeout"] + counts["segfault"]
    missed = counts["survived"] + counts["no_tests"] + counts["suspicious"]
    score = 100 * noticed / (noticed + missed)
    sys.stdout.write(f"{noticed} of {noticed + missed} mutants noticed: {score:.1f} %\n")
    sys.exit(score < ENOUGH)


if __name__ == "__main__":
    main()
