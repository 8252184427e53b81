from datetime import UTC, datetime, timedelta

from joserfc.jwk import ECKey

from dzop.auth.codes import SpentCodes
from dzop.auth.seals import Seal

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=60)
KEY = ECKey.generate_key("P-256")


def test_a_code_is_spent_once() -> None:
    spent = SpentCodes()
    assert [spent.spend("a", SOON, NOW), spent.spend("a", SOON, NOW)] == [True, False]


def test_when_no_more_codes_can_be_remembered_none_is_redeemed() -> None:
    spent = SpentCodes(size=1)
    assert [spent.spend("a", SOON, NOW), spent.spend("b", SOON, NOW)] == [True, False]


def test_expired_codes_make_room() -> None:
    spent = SpentCodes(size=1)
    spent.spend("a", SOON, NOW)
    assert spent.spend("b", SOON + timedelta(seconds=60), SOON) is True


def test_a_seal_opens_what_another_process_with_the_same_key_closed() -> None:
    closed = Seal(KEY, "code").close({"a": "é"}, SOON)
    assert Seal(KEY, "code").open(closed, NOW) == {"a": "é"}


def test_a_seal_does_not_open_what_was_closed_for_another_purpose() -> None:
    assert Seal(KEY, "login").open(Seal(KEY, "code").close({"a": 1}, SOON), NOW) is None


def test_a_seal_does_not_open_what_was_closed_with_another_key() -> None:
    other = ECKey.generate_key("P-256")
    assert Seal(other, "code").open(Seal(KEY, "code").close({"a": 1}, SOON), NOW) is None


def test_a_seal_does_not_open_what_was_changed() -> None:
    header, key, vector, text, tag = Seal(KEY, "code").close({"a": 1}, SOON).split(".")
    changed = ".".join([header, key, vector, text[:-2] + ("AA" if text[-2:] != "AA" else "BB"), tag])
    assert Seal(KEY, "code").open(changed, NOW) is None


def test_a_seal_does_not_open_what_has_expired() -> None:
    assert Seal(KEY, "code").open(Seal(KEY, "code").close({"a": 1}, SOON), SOON) is None
