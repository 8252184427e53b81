"""Signing keys over time: made once, rotated without losing a token, taken back within a second."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey

from dzop.auth import keys
from dzop.auth.key_files import ExposedKeyError, require_private
from dzop.auth.key_ring import FRESH, PUBLISHED_BEFORE, VERIFIES_FOR, KeyRing

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Moment:
    """A clock and a stopwatch that stand still until they are moved."""

    def __init__(self) -> None:
        self.now, self.elapsed = NOW, 0.0

    def clock(self) -> datetime:
        return self.now

    def stopwatch(self) -> float:
        return self.elapsed


def ring(folder: Path, moment: Moment) -> KeyRing[ECKey]:
    """The access tokens' keys as one worker sees them."""
    return KeyRing(
        folder / "issuer.jwks.json",
        ECKey.import_key,
        lambda: ECKey.generate_key("P-256", auto_kid=True),
        moment.clock,
        moment.stopwatch,
    )


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def ours(tmp_path: Path, moment: Moment) -> KeyRing[ECKey]:
    """The keys in one worker."""
    return ring(tmp_path, moment)


@pytest.fixture
def theirs(tmp_path: Path, moment: Moment, ours: KeyRing[ECKey]) -> KeyRing[ECKey]:
    """The same keys in another worker."""
    return ring(tmp_path, moment)


def kid(key: ECKey | RSAKey) -> str:
    assert key.kid is not None
    return key.kid


def test_the_key_is_the_same_at_the_next_start(tmp_path: Path) -> None:
    assert keys.signing_key(tmp_path).thumbprint() == keys.signing_key(tmp_path).thumbprint()


@pytest.mark.parametrize(
    "make",
    [keys.signing_key, keys.identity_key, keys.proof_key, keys.seal_key, keys.page_key, keys.audit_key],
    ids=lambda make: str(make.__name__),
)
def test_only_the_owner_can_read_the_key_file(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_only_the_owner_can_look_into_the_folder(tmp_path: Path) -> None:
    keys.signing_key(tmp_path / "keys")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    keys.signing_key(tmp_path)
    (tmp_path / "issuer.jwks.json").chmod(0o640)
    with pytest.raises(ExposedKeyError, match=r"chmod go-rwx .*issuer\.jwks\.json"):
        keys.signing_key(tmp_path)


def test_a_folder_in_which_others_can_put_keys_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys").chmod(0o770)
    with pytest.raises(ExposedKeyError, match="chmod go-rwx"):
        require_private(tmp_path / "keys")


def test_two_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as processes:
        kids = list(processes.map(_kid, [tmp_path / "keys"] * 16))
    assert len(set(kids)) == 1


def test_no_other_file_is_left_behind(tmp_path: Path) -> None:
    keys.signing_key(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["issuer.jwks.json"]


def test_the_published_key_set_holds_no_private_member(tmp_path: Path) -> None:
    key = keys.signing_key(tmp_path)
    assert str(key.as_dict(private=True)["d"]) not in json.dumps(keys.public_jwks(key))


def test_what_verifies_holds_no_private_member(ours: KeyRing[ECKey]) -> None:
    assert [key.is_private for key in ours.public_keys().values()] == [False]


def test_the_published_key_says_what_it_is_for(tmp_path: Path) -> None:
    (published,) = keys.public_jwks(keys.signing_key(tmp_path))["keys"]
    assert tuple(published[name] for name in ("kty", "crv", "alg", "use")) == ("EC", "P-256", "ES256", "sig")


def test_a_new_key_is_published_at_once(ours: KeyRing[ECKey]) -> None:
    assert kid(ours.rotate(NOW)) in ours.public_keys()


def test_a_new_key_signs_when_everybody_can_have_seen_it(ours: KeyRing[ECKey]) -> None:
    old = ours.current(NOW)
    new = ours.rotate(NOW)
    signing = [ours.current(NOW + PUBLISHED_BEFORE - SECOND), ours.current(NOW + PUBLISHED_BEFORE)]
    assert [kid(key) for key in signing] == [kid(old), kid(new)]


def test_a_new_key_can_sign_at_once(ours: KeyRing[ECKey]) -> None:
    assert kid(ours.rotate(NOW, at_once=True)) == kid(ours.current(NOW))


def test_at_once_means_the_key_that_others_have_seen_already(ours: KeyRing[ECKey]) -> None:
    waiting = ours.rotate(NOW)
    assert kid(ours.rotate(NOW + SECOND, at_once=True)) == kid(waiting)


def test_an_old_key_verifies_as_long_as_its_last_token_lives(ours: KeyRing[ECKey], moment: Moment) -> None:
    old = kid(ours.current(NOW))
    ours.rotate(NOW)
    moment.now = NOW + PUBLISHED_BEFORE + VERIFIES_FOR - SECOND
    assert old in ours.public_keys()


def test_an_old_key_disappears_when_its_last_token_has_expired(ours: KeyRing[ECKey], moment: Moment) -> None:
    new = kid(ours.rotate(NOW))
    moment.now = NOW + PUBLISHED_BEFORE + VERIFIES_FOR
    assert set(ours.public_keys()) == {new}


def test_what_has_disappeared_leaves_the_file_at_the_next_rotation(
    ours: KeyRing[ECKey], tmp_path: Path
) -> None:
    old = kid(ours.current(NOW))
    ours.rotate(NOW, at_once=True)
    ours.rotate(NOW + VERIFIES_FOR + SECOND)
    assert old not in (tmp_path / "issuer.jwks.json").read_text()


def test_another_worker_signs_with_the_new_key_within_a_second(
    ours: KeyRing[ECKey], theirs: KeyRing[ECKey], moment: Moment
) -> None:
    new = ours.rotate(NOW, at_once=True)
    moment.elapsed += FRESH
    assert kid(theirs.current(NOW)) == kid(new)


def test_a_worker_looks_at_the_file_at_most_twice_a_second(
    ours: KeyRing[ECKey], theirs: KeyRing[ECKey], moment: Moment
) -> None:
    new = ours.rotate(NOW, at_once=True)
    moment.elapsed += FRESH / 2
    assert kid(new) not in theirs.public_keys()


def test_a_token_of_a_key_made_a_moment_ago_is_verified_at_once(
    ours: KeyRing[ECKey], theirs: KeyRing[ECKey]
) -> None:
    new = ours.rotate(NOW, at_once=True)
    assert theirs.public_key(kid(new)) is not None


def test_a_revoked_key_verifies_nothing_in_another_worker_within_a_second(
    ours: KeyRing[ECKey], theirs: KeyRing[ECKey], moment: Moment
) -> None:
    old = kid(theirs.current(NOW))
    ours.revoke(old, NOW)
    moment.elapsed += FRESH
    assert (old in theirs.public_keys(), theirs.public_key(old)) == (False, None)


def test_in_place_of_a_revoked_key_another_signs(ours: KeyRing[ECKey]) -> None:
    old = kid(ours.current(NOW))
    ours.revoke(old, NOW)
    assert kid(ours.current(NOW)) in set(ours.public_keys()) - {old}


def test_when_the_key_that_signs_is_revoked_the_one_that_waits_takes_over(ours: KeyRing[ECKey]) -> None:
    waiting = ours.rotate(NOW)
    ours.revoke(kid(ours.current(NOW)), NOW)
    assert kid(ours.current(NOW)) == kid(waiting)


def test_a_key_that_was_retired_does_not_sign_again_when_its_successor_is_revoked(
    ours: KeyRing[ECKey],
) -> None:
    retired = kid(ours.current(NOW))
    ours.revoke(kid(ours.rotate(NOW, at_once=True)), NOW)
    assert kid(ours.current(NOW)) != retired


def test_a_key_that_is_not_there_cannot_be_revoked(ours: KeyRing[ECKey]) -> None:
    with pytest.raises(LookupError):
        ours.revoke("nothing", NOW)


def test_a_file_that_cannot_be_read_leaves_the_keys_as_they_were(
    ours: KeyRing[ECKey], tmp_path: Path, moment: Moment
) -> None:
    known = set(ours.public_keys())
    (tmp_path / "issuer.jwks.json").write_text("{")
    moment.elapsed += FRESH
    assert set(ours.public_keys()) == known


def test_workers_that_rotate_at_the_same_time_lose_no_key(tmp_path: Path) -> None:
    keys.signing_key(tmp_path)
    with ProcessPoolExecutor(4) as processes:
        made = list(processes.map(_rotated, [tmp_path] * 8))
    assert set(made) <= set(keys.issuer_ring(tmp_path).public_keys())


def _kid(folder: Path) -> str | None:
    return keys.signing_key(folder).kid


def _rotated(folder: Path) -> str | None:
    return keys.issuer_ring(folder).rotate(datetime.now(UTC)).kid
