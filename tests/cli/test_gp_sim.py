"""`dzop gp-sim`: the example of GP software, against a demo, and against servers that are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from threading import Thread
from typing import Any

import pytest
from serving import Server, free_port, in_process, ran, serving

from dzop.gp_sim import visit
from dzop.gp_sim.pages import Page
from dzop.gp_sim.server import NEEDED
from dzop.gp_sim.steps import Outcome

PLACES = ("issuer", "jwks_uri", "authorization_endpoint", "token_endpoint", "introspection_endpoint")
R4 = {"fhirVersion": "4.0.1"}
SMART = {
    **dict.fromkeys(
        (*PLACES, "revocation_endpoint", "launch_endpoint", "registration_endpoint"), "http://127.0.0.1:1/x"
    ),
    "capabilities": list(NEEDED),
    "code_challenge_methods_supported": ["S256"],
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A demo of its own: the example adds to the plans of the demo persons."""
    with serving(tmp_path_factory.mktemp("gp"), "demo") as server:
        yield server


@pytest.fixture(scope="module")
def runs(demo: Server) -> list[CompletedProcess[str]]:
    """The example, twice."""
    return [ran(demo.var.parent, "gp-sim", "--base", demo.fhir) for _ in range(2)]


@pytest.mark.parametrize("number", [0, 1])
def test_every_step_passes_each_time(runs: list[CompletedProcess[str]], number: int) -> None:
    run = runs[number]
    verdicts = {line.split()[0] for line in run.stdout.splitlines()}
    assert (run.returncode, verdicts, run.stderr) == (0, {"ok"}, ""), run.stdout


def test_the_second_run_finds_what_the_first_one_left(runs: list[CompletedProcess[str]]) -> None:
    told = [dict(line[10:].split(": ", 1) for line in run.stdout.splitlines()) for run in runs]
    assert [each["enrol persons"] for each in told] == [
        "2 persons, 2 of them declared now",
        "2 persons, 0 of them declared now",
    ]


def test_what_it_registered_is_gone_afterwards(demo: Server, runs: list[CompletedProcess[str]]) -> None:
    listed = ran(demo.var.parent, "client", "list").stdout
    assert "GP example" not in listed


def test_the_plan_has_one_goal_of_it_after_two_runs(demo: Server, runs: list[CompletedProcess[str]]) -> None:
    found = (
        demo.client("system").get("/Goal?identifier=https://gp-sim.example/records|&_summary=count").json()
    )
    assert found["total"] == 1


def test_somebody_who_is_no_professional_cannot_act_as_a_practice(demo: Server) -> None:
    outcomes = {each.step: each for each in visit(demo.fhir, user="Patient/jet-peeters")}
    assert (outcomes["log in"].verdict, outcomes["remove the app"].verdict) == ("failed", "ok")


def test_who_is_not_on_the_login_page_cannot_be_chosen(demo: Server) -> None:
    told = {each.step: each.told for each in visit(demo.fhir, user="Nobody of this name")}
    assert told["log in"].startswith("the page at /auth/login has nothing that could be chosen")


def test_software_that_may_not_register_itself_is_told_whom_to_ask(database: str, tmp_path: Path) -> None:
    with in_process(database, tmp_path, registration="closed") as service:
        run = ran(tmp_path, "gp-sim", "--base", service.fhir)
    lines = run.stdout.splitlines()
    assert (run.returncode, lines[2], run.stderr) == (
        1,
        "failed    register the app: software cannot register itself there (the smart-configuration names no "
        "`registration_endpoint`): ask who runs the server to register it, or to open the registration",
        "",
    )


def test_nobody_listening_is_told_in_one_line_a_step(tmp_path: Path) -> None:
    run = ran(tmp_path, "gp-sim", "--base", f"http://127.0.0.1:{free_port()}/fhir")
    first, *others = run.stdout.splitlines()
    assert (
        run.returncode,
        first.startswith("failed    discovery: the server cannot be reached"),
        run.stderr,
    ) == (
        1,
        True,
        "",
    )
    assert {line[:8] for line in others} == {"left out"}


def test_what_is_no_address_is_wrong_use(tmp_path: Path) -> None:
    run = ran(tmp_path, "gp-sim", "--base", "localhost:8000")
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)


class Wrong(BaseHTTPRequestHandler):
    """Answers from a table, by path; what is not in it is 500."""

    answers: dict[str, Any]

    def do_GET(self) -> None:
        body = self.answers.get(self.path)
        self.send_response(500 if body is None else 200)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Nothing: the tests tell what matters."""


@contextmanager
def answering(**answers: Any) -> Iterator[str]:
    """A server with these answers under its FHIR base."""
    given = {
        "smart": "/fhir/.well-known/smart-configuration",
        "metadata": "/fhir/metadata",
        "register": "/register",
    }
    table = {given[name]: body for name, body in answers.items()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Wrong,), {"answers": table}))
    url = f"http://127.0.0.1:{server.server_port}"
    if isinstance(answers.get("smart"), dict) and "registration_endpoint" in answers["smart"]:
        table[given["smart"]] = {**answers["smart"], "registration_endpoint": f"{url}/register"}
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{url}/fhir"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


ODD: list[tuple[Any, str]] = [
    (None, "GET /fhir/.well-known/smart-configuration was answered 500 and not 200"),
    (b"<html>", "the answer to GET /fhir/.well-known/smart-configuration is no JSON object"),
    ([], "the answer to GET /fhir/.well-known/smart-configuration is no JSON object"),
    ({**SMART, "capabilities": list(NEEDED[1:])}, "the smart-configuration does not claim launch-ehr"),
    ({**SMART, "capabilities": 3}, "the server's answer has not the form that was expected"),
    (
        {**SMART, "code_challenge_methods_supported": ["plain"]},
        "the smart-configuration does not claim the code challenge method S256",
    ),
    ({**SMART, "token_endpoint": None}, "the smart-configuration names no `token_endpoint`"),
]


@pytest.mark.parametrize(("smart", "told"), ODD)
def test_what_is_wrong_with_discovery_is_said_in_plain_words(smart: Any, told: str) -> None:
    with answering(smart=smart) as base:
        first = next(visit(base))
    assert first == Outcome("discovery", "failed", told)


@pytest.mark.parametrize(
    ("answers", "step", "told"),
    [
        ({"metadata": {"fhirVersion": "5.0.0"}}, "capability statement", "it speaks FHIR 5.0.0, and not R4"),
        ({"metadata": {}}, "capability statement", "the CapabilityStatement names no `fhirVersion`"),
        (
            {"metadata": {**R4, "implementation": {"url": "https://dzop.example/fhir"}}},
            "capability statement",
            "it calls itself https://dzop.example/fhir: give that address",
        ),
        ({"metadata": R4, "register": {}}, "register the app", "POST /register was answered 200 and not 201"),
    ],
)
def test_what_a_server_does_wrong_is_said_in_plain_words(
    answers: dict[str, Any], step: str, told: str
) -> None:
    with answering(smart=SMART, **answers) as base:
        outcomes = {each.step: each for each in visit(base)}
    assert outcomes[step] == Outcome(step, "failed", told)


def test_of_a_page_the_forms_and_what_goes_along_with_them_are_read() -> None:
    page = Page(
        '<a href="/other">x</a><form method="post" action="/go"><input type="hidden" name="pending" value="&lt;1&gt;">'
        '<input type="checkbox" name="offline" value="yes" checked><input type="checkbox" name="more" value="yes">'
        '<button name="person" value="Practitioner/x"><strong>Dr. X</strong> <span>General practitioner</span></button>'
        "</form>"
    )
    ((form, button),) = page.buttons("person")
    assert (form.action, form.filled, button.text, page.links) == (
        "/go",
        {"pending": "<1>", "offline": "yes"},
        "Dr. X General practitioner",
        ["/other"],
    )
