"""Identity: clients, grants, sessions and accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('login_account',
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('password', sa.Text(), nullable=False, comment='argon2id, with its parameters and salt'),
    sa.Column('subjects', sa.ARRAY(sa.Text()), nullable=False, comment='The capacities of this person, as references'),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('name'),
    comment='Who logs in here with a password, where there is no external identity provider.'
    )
    op.create_table('login_failure',
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('instants', sa.ARRAY(sa.DateTime(timezone=True)), nullable=False, comment='Of late, at most as many as lock it'),
    sa.CheckConstraint("kind in ('account', 'address')", name=op.f('ck_login_failure_kind_known')),
    sa.PrimaryKeyConstraint('kind', 'digest'),
    comment='Failed logins of an account or an address, by digest.'
    )
    op.create_table('login_session',
    sa.Column('digest', sa.LargeBinary(), nullable=False, comment='Of the value of the cookie'),
    sa.Column('id', sa.Text(collation='C'), nullable=False, comment='The `sid` that tokens name'),
    sa.Column('account', sa.Text(collation='C'), nullable=True, comment='The account, or null for a login elsewhere or of the sandbox'),
    sa.Column('subjects', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('acr', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('amr', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('id_token', sa.Text(), nullable=True, comment='Of the external provider, to log out there too'),
    sa.Column('authenticated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('digest'),
    sa.UniqueConstraint('id'),
    comment='Browsers that are logged in.'
    )
    op.create_index('ix_login_session_account', 'login_session', ['account'], unique=False)
    op.create_index('ix_login_session_expires_at', 'login_session', ['expires_at'], unique=False)
    op.create_table('oauth_client',
    sa.Column('client_id', sa.Text(collation='C'), nullable=False),
    sa.Column('registration', postgresql.JSONB(), nullable=False, comment='What is registered, by the names of RFC 7591'),
    sa.Column('organization', sa.Text(collation='C'), nullable=True, comment='For whom its own software acts: Organization/x'),
    sa.Column('is_dynamic', sa.Boolean(), nullable=False, comment='Whether it registered itself'),
    sa.Column('registration_token', sa.LargeBinary(), nullable=True, comment='Digest of what it may change its registration with'),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('client_id'),
    comment="Apps and organisations' systems that may ask for tokens."
    )
    op.create_table('oauth_consent',
    sa.Column('client_id', sa.Text(collation='C'), nullable=False),
    sa.Column('subject', sa.Text(collation='C'), nullable=False),
    sa.Column('scopes', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('client_id', 'subject'),
    comment='What somebody allowed an app, so that it need not be asked again.'
    )
    op.create_index('ix_oauth_consent_subject', 'oauth_consent', ['subject'], unique=False)
    op.create_table('oauth_grant',
    sa.Column('id', sa.Text(collation='C'), nullable=False),
    sa.Column('client_id', sa.Text(collation='C'), nullable=False),
    sa.Column('subject', sa.Text(collation='C'), nullable=False),
    sa.Column('context', postgresql.JSONB(), nullable=False, comment='What every token of it says: scope, patient, fhirUser, acr'),
    sa.Column('session', sa.Text(collation='C'), nullable=True, comment='The session it ends with, unless it is for offline access'),
    sa.Column('generation', sa.Integer(), nullable=False, comment='Which refresh token is the next to be used'),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    comment='What somebody gave an app: a family of refresh tokens, of which one at a time counts.'
    )
    op.create_index('ix_oauth_grant_client_id', 'oauth_grant', ['client_id'], unique=False)
    op.create_index('ix_oauth_grant_expires_at', 'oauth_grant', ['expires_at'], unique=False)
    op.create_index('ix_oauth_grant_session', 'oauth_grant', ['session'], unique=False)
    op.create_index('ix_oauth_grant_subject', 'oauth_grant', ['subject'], unique=False)
    op.create_table('oauth_revocation',
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('value', sa.Text(collation='C'), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind in ('token', 'grant', 'client', 'session')", name=op.f('ck_oauth_revocation_kind_known')),
    sa.PrimaryKeyConstraint('kind', 'value'),
    comment='Access tokens that are refused although they have not expired.'
    )
    op.create_index('ix_oauth_revocation_until', 'oauth_revocation', ['until'], unique=False)
    op.create_table('oauth_spent',
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'digest'),
    comment='What counts once and was used: codes, client assertions, launches. Kept until it would expire.'
    )
    op.create_index('ix_oauth_spent_expires_at', 'oauth_spent', ['expires_at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_oauth_spent_expires_at', table_name='oauth_spent')
    op.drop_table('oauth_spent')
    op.drop_index('ix_oauth_revocation_until', table_name='oauth_revocation')
    op.drop_table('oauth_revocation')
    op.drop_index('ix_oauth_grant_subject', table_name='oauth_grant')
    op.drop_index('ix_oauth_grant_session', table_name='oauth_grant')
    op.drop_index('ix_oauth_grant_expires_at', table_name='oauth_grant')
    op.drop_index('ix_oauth_grant_client_id', table_name='oauth_grant')
    op.drop_table('oauth_grant')
    op.drop_index('ix_oauth_consent_subject', table_name='oauth_consent')
    op.drop_table('oauth_consent')
    op.drop_table('oauth_client')
    op.drop_index('ix_login_session_expires_at', table_name='login_session')
    op.drop_index('ix_login_session_account', table_name='login_session')
    op.drop_table('login_session')
    op.drop_table('login_failure')
    op.drop_table('login_account')
