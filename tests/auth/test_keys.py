import json
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from dzop.auth import keys


def test_the_key_is_the_same_at_the_next_start(tmp_path: Path) -> None:
    assert keys.signing_key(tmp_path).thumbprint() == keys.signing_key(tmp_path).thumbprint()


def test_only_the_owner_can_read_the_key_file(tmp_path: Path) -> None:
    keys.signing_key(tmp_path)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as processes:
        kids = list(processes.map(_kid, [tmp_path / "keys"] * 16))
    assert len(set(kids)) == 1


def test_no_other_file_is_left_behind(tmp_path: Path) -> None:
    keys.signing_key(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["sandbox-issuer.jwk.json"]


def test_the_published_key_set_holds_no_private_member(tmp_path: Path) -> None:
    key = keys.signing_key(tmp_path)
    assert str(key.as_dict(private=True)["d"]) not in json.dumps(keys.public_jwks(key))


def test_the_published_key_says_what_it_is_for(tmp_path: Path) -> None:
    (published,) = keys.public_jwks(keys.signing_key(tmp_path))["keys"]
    assert tuple(published[name] for name in ("kty", "crv", "alg", "use")) == ("EC", "P-256", "ES256", "sig")


def _kid(folder: Path) -> str | None:
    return keys.signing_key(folder).kid
