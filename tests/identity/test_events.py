"""What happens at the authorization server is kept: in the audit with who it was, in the log without."""

from __future__ import annotations

import pytest
from apps import App, Care
from persons import Person
from sqlalchemy import select

from dzop.store.statement import compiled
from dzop.store.tables import audit

OFFLINE = "launch/patient patient/*.rs offline_access"


@pytest.fixture
def app(care: Care, jet: Person) -> App:
    return care.app().log_in(jet.patient)


def kept(app: App) -> list[tuple[str, int, str]]:
    """The events of this app: what, how it ended, and who it was."""
    statement = compiled(select(audit).where(audit.c.client == app.client.client_id).order_by(audit.c.seq))
    rows = app.care.runner.run(app.care.database.rows(statement))
    return [
        (row["interaction"], row["outcome"], row["actor"]) for row in rows if row["interaction"][0] == "$"
    ]


def test_consent_code_tokens_and_revocation_are_in_the_audit(app: App, jet: Person) -> None:
    tokens = app.tokens(scope=OFFLINE)
    app.send("revoke", token=app.refresh(tokens["refresh_token"]).json()["refresh_token"])
    names = ["$authorize", "$authorize", "$token", "$token", "$revoke"]
    assert kept(app) == [(name, 200, jet.patient) for name in names]


def test_a_refresh_token_that_comes_again_is_in_the_audit(app: App, jet: Person) -> None:
    token = app.tokens(scope=OFFLINE)["refresh_token"]
    app.refresh(token)
    app.refresh(token)
    assert kept(app)[-1] == ("$token", 400, jet.patient)


def test_the_log_names_no_person_and_no_token(
    app: App, jet: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens = app.tokens(scope=OFFLINE)
    app.refresh(tokens["refresh_token"])
    log = "".join(capsys.readouterr())
    secrets = [jet.mark, jet.ssin, tokens["access_token"], tokens["refresh_token"]]
    assert ("identity.token" in log, [each for each in secrets if each in log]) == (True, [])
