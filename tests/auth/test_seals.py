from datetime import UTC, datetime, timedelta

from dzop.auth.seals import Seal

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=60)
KEY = b"k" * 32


def test_a_seal_opens_what_another_process_with_the_same_key_closed() -> None:
    closed = Seal(KEY, "code").close({"a": "é"}, SOON)
    assert Seal(KEY, "code").open(closed, NOW) == {"a": "é"}


def test_a_seal_does_not_open_what_was_closed_for_another_purpose() -> None:
    assert Seal(KEY, "login").open(Seal(KEY, "code").close({"a": 1}, SOON), NOW) is None


def test_a_seal_does_not_open_what_was_closed_with_another_key() -> None:
    other = b"o" * 32
    assert Seal(other, "code").open(Seal(KEY, "code").close({"a": 1}, SOON), NOW) is None


def test_a_seal_does_not_open_what_was_changed() -> None:
    header, key, vector, text, tag = Seal(KEY, "code").close({"a": 1}, SOON).split(".")
    changed = ".".join([header, key, vector, text[:-2] + ("AA" if text[-2:] != "AA" else "BB"), tag])
    assert Seal(KEY, "code").open(changed, NOW) is None


def test_a_seal_does_not_open_what_has_expired() -> None:
    assert Seal(KEY, "code").open(Seal(KEY, "code").close({"a": 1}, SOON), SOON) is None
