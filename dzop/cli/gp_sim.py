"""dzop gp-sim: the software of a general practice, played against a sandbox."""

from __future__ import annotations

from typing import Annotated

import typer

from dzop.problems import WrongUse


def gp_sim(
    base: Annotated[str, typer.Option(help="FHIR base of a sandbox, such as http://127.0.0.1:8000/fhir.")],
    user: Annotated[
        str, typer.Option(help="Part of what the login page says of the person to log in as.")
    ] = "General practitioner",
    ssin: Annotated[
        list[str] | None, typer.Option(help="Number of a made-up person to enrol; may be repeated.")
    ] = None,
) -> None:
    """Runs the GP-software example against a sandbox: it registers, enrols demo persons and works with a plan."""
    from dzop.gp_sim import KNOWN_PERSONS, visit

    if not base.startswith(("http://", "https://")):
        raise WrongUse("--base takes the address of a FHIR base, such as http://127.0.0.1:8000/fhir")
    passed = True
    for outcome in visit(base, user=user, persons=ssin or KNOWN_PERSONS):
        typer.echo(f"{outcome.verdict:8}  {outcome.step}: {outcome.told}")
        passed = passed and outcome.verdict == "ok"
    raise typer.Exit(0 if passed else 1)
