"""Invitations: codes that count once, and what somebody who logs in elsewhere took up with one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

KIND = 'ck_login_failure_kind_known'


def upgrade() -> None:
    op.create_table('invitation',
    sa.Column('subject', sa.Text(collation='C'), nullable=False, comment='Who is invited: RelatedPerson/x'),
    sa.Column('inviter', sa.Text(collation='C'), nullable=False, comment='Who asked for the code last'),
    sa.Column('digest', sa.LargeBinary(), nullable=False, comment='Of the code, which is nowhere else'),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('subject'),
    sa.UniqueConstraint('digest'),
    comment='Codes that count once; a later one for the same subject takes the place of one that was not used.'
    )
    op.create_table('login_capacity',
    sa.Column('issuer', sa.Text(collation='C'), nullable=False),
    sa.Column('identity', sa.Text(collation='C'), nullable=False, comment='The `sub` of who logs in there'),
    sa.Column('subject', sa.Text(collation='C'), nullable=False, comment='As whom they may act, as a reference'),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('issuer', 'identity', 'subject'),
    comment='What somebody who logs in elsewhere took up with a code, besides what their numbers say.'
    )
    op.create_index('ix_login_capacity_subject', 'login_capacity', ['subject'], unique=False)
    op.drop_constraint(op.f(KIND), 'login_failure')
    op.create_check_constraint(op.f(KIND), 'login_failure', "kind in ('account', 'address', 'code')")


def downgrade() -> None:
    op.execute("delete from login_failure where kind = 'code'")
    op.drop_constraint(op.f(KIND), 'login_failure')
    op.create_check_constraint(op.f(KIND), 'login_failure', "kind in ('account', 'address')")
    op.drop_index('ix_login_capacity_subject', table_name='login_capacity')
    op.drop_table('login_capacity')
    op.drop_table('invitation')
