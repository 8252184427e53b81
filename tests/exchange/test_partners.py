"""The partners file."""

import pytest

from dzop.exchange.partners import Partner, partners, read_partners

TABLE = """
[hub]
mode = "node"
url = "http://hub"
sender = "cbe|0999999922"
organization = "Organization/hub"
types = ["Goal"]
"""


def test_a_table_is_a_partner() -> None:
    expected = Partner("hub", "node", "http://hub", "cbe|0999999922", "Organization/hub", ("Goal",))
    assert (expected,) == read_partners(TABLE)


def test_the_partners_that_come_with_dzop_can_be_read() -> None:
    assert [partner.name for partner in partners()] == ["vitalink"]


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace('"node"', '"post"'),
        TABLE + "colour = 1",
        TABLE.replace("url =", "uri ="),
        TABLE.replace("types =", "kinds ="),
        "hub = 1",
        "[hub",
    ],
)
def test_a_table_that_is_wrong_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"Partner `hub`|partners file"):
        read_partners(text)
