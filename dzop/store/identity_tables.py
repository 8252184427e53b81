"""The tables of who may come in: clients, grants, sessions, accounts. None of them holds anything of a plan.

What is secret is kept as a digest (SHA-256), passwords by argon2.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from dzop.store.tables import metadata

__all__ = [
    "REVOKED", "invitation", "login_account", "login_capacity", "login_failure", "login_session", "metadata",
    "oauth_client", "oauth_consent", "oauth_grant", "oauth_revocation", "oauth_spent",
]  # fmt: skip

_KEY = Text(collation="C")
_INSTANT = DateTime(timezone=True)

REVOKED: Final = ("token", "grant", "client", "session")
"""What can be revoked: one access token (`jti`), all of a grant, of a client, of a session."""


def _key(name: str, **options: Any) -> Column[str]:
    return Column(name, _KEY, nullable=False, **options)


def _instant(name: str, **options: Any) -> Column[Any]:
    return Column(name, _INSTANT, nullable=False, **options)


oauth_client = Table(
    "oauth_client",
    metadata,
    _key("client_id", primary_key=True),
    Column("registration", JSONB, nullable=False, comment="What is registered, by the names of RFC 7591"),
    Column("organization", _KEY, comment="For whom its own software acts: Organization/x"),
    Column("is_dynamic", Boolean, nullable=False, comment="Whether it registered itself"),
    Column("registration_token", LargeBinary, comment="Digest of what it may change its registration with"),
    _instant("created_at"),
    Column("disabled_at", _INSTANT),
    comment="Apps and organisations' systems that may ask for tokens.",
)

oauth_grant = Table(
    "oauth_grant",
    metadata,
    _key("id", primary_key=True),
    _key("client_id"),
    _key("subject"),
    Column(
        "context", JSONB, nullable=False, comment="What every token of it says: scope, patient, fhirUser, acr"
    ),
    Column("session", _KEY, comment="The session it ends with, unless it is for offline access"),
    Column("generation", Integer, nullable=False, comment="Which refresh token is the next to be used"),
    _instant("created_at"),
    _instant("expires_at"),
    Column("revoked_at", _INSTANT),
    comment="What somebody gave an app: a family of refresh tokens, of which one at a time counts.",
)
Index("ix_oauth_grant_subject", oauth_grant.c.subject)
Index("ix_oauth_grant_session", oauth_grant.c.session)
Index("ix_oauth_grant_client_id", oauth_grant.c.client_id)
Index("ix_oauth_grant_expires_at", oauth_grant.c.expires_at)

oauth_spent = Table(
    "oauth_spent",
    metadata,
    _key("kind", primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    _instant("expires_at"),
    comment="What counts once and was used: codes, client assertions, launches. Kept until it would expire.",
)
Index("ix_oauth_spent_expires_at", oauth_spent.c.expires_at)

oauth_revocation = Table(
    "oauth_revocation",
    metadata,
    _key("kind", primary_key=True),
    _key("value", primary_key=True),
    _instant("revoked_at"),
    _instant("until"),
    CheckConstraint(f"kind in {REVOKED}", name="kind_known"),
    comment="Access tokens that are refused although they have not expired.",
)
Index("ix_oauth_revocation_until", oauth_revocation.c.until)

oauth_consent = Table(
    "oauth_consent",
    metadata,
    _key("client_id", primary_key=True),
    _key("subject", primary_key=True),
    Column("scopes", ARRAY(Text), nullable=False),
    _instant("given_at"),
    comment="What somebody allowed an app, so that it need not be asked again.",
)
Index("ix_oauth_consent_subject", oauth_consent.c.subject)

login_account = Table(
    "login_account",
    metadata,
    _key("name", primary_key=True),
    Column("password", Text, nullable=False, comment="argon2id, with its parameters and salt"),
    Column("subjects", ARRAY(Text), nullable=False, comment="The capacities of this person, as references"),
    _instant("created_at"),
    Column("disabled_at", _INSTANT),
    comment="Who logs in here with a password, where there is no external identity provider.",
)

login_session = Table(
    "login_session",
    metadata,
    Column("digest", LargeBinary, primary_key=True, comment="Of the value of the cookie"),
    Column("id", _KEY, nullable=False, unique=True, comment="The `sid` that tokens name"),
    Column("account", _KEY, comment="The account, or null for a login elsewhere or of the sandbox"),
    Column("subjects", ARRAY(Text), nullable=False),
    Column("acr", Text, nullable=False, server_default=text("''")),
    Column("amr", ARRAY(Text), nullable=False),
    Column("id_token", Text, comment="Of the external provider, to log out there too"),
    _instant("authenticated_at"),
    _instant("seen_at"),
    _instant("expires_at"),
    Column("ended_at", _INSTANT),
    comment="Browsers that are logged in.",
)
Index("ix_login_session_expires_at", login_session.c.expires_at)
Index("ix_login_session_account", login_session.c.account)

login_failure = Table(
    "login_failure",
    metadata,
    _key("kind", primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("instants", ARRAY(_INSTANT), nullable=False, comment="Of late, at most as many as lock it"),
    CheckConstraint("kind in ('account', 'address', 'code')", name="kind_known"),
    comment="Failed logins of an account or an address, and wrong codes from an address, by digest.",
)

login_capacity = Table(
    "login_capacity",
    metadata,
    _key("issuer", primary_key=True),
    _key("identity", primary_key=True, comment="The `sub` of who logs in there"),
    _key("subject", primary_key=True, comment="As whom they may act, as a reference"),
    _instant("since"),
    comment="What somebody who logs in elsewhere took up with a code, besides what their numbers say.",
)
Index("ix_login_capacity_subject", login_capacity.c.subject)

invitation = Table(
    "invitation",
    metadata,
    _key("subject", primary_key=True, comment="Who is invited: RelatedPerson/x"),
    _key("inviter", comment="Who asked for the code last"),
    Column("digest", LargeBinary, nullable=False, unique=True, comment="Of the code, which is nowhere else"),
    _instant("created_at"),
    _instant("expires_at"),
    Column("used_at", _INSTANT),
    comment="Codes that count once; a later one for the same subject takes the place of one that was not used.",
)
