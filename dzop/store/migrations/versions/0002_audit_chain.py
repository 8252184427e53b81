"""The audit is sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('audit', sa.Column('position', sa.BigInteger(), nullable=True, comment='The transaction that wrote it; blocks are stretches of these'))
    # What was written before is sealed too: it goes before every transaction, in its order.
    op.execute('update audit set position = seq - (select max(seq) + 1 from audit)')
    op.alter_column('audit', 'position', nullable=False, server_default=sa.text('pg_current_xact_id()::text::bigint'))
    # The log of a person is read by its key, newest first.
    op.drop_index('ix_audit_recorded', table_name='audit')
    op.create_index('ix_audit_position', 'audit', ['position'], unique=False)
    op.create_table('audit_block',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False, comment='Of the positions, where the block before ended'),
    sa.Column('until', sa.BigInteger(), nullable=False, comment='Not part of it'),
    sa.Column('total', sa.BigInteger(), nullable=False, comment='Rows sealed so far, those of this block included'),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seqs', sa.ARRAY(sa.BigInteger()), nullable=False, comment='Of its rows, in order'),
    sa.Column('digests', sa.LargeBinary(), nullable=False, comment='32 bytes a row, in the same order'),
    sa.Column('key', sa.Text(), nullable=False, comment='Which key sealed it: a fingerprint'),
    sa.Column('mac', sa.LargeBinary(), nullable=False, comment='HMAC-SHA256 over all this and the block before'),
    sa.PrimaryKeyConstraint('number'),
    comment='The audit, sealed: a chain of blocks that shows what was changed, removed or added later.'
    )
    op.create_table('audit_shift',
    sa.Column('number', sa.Integer(), sa.Identity(always=False, start=1), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False, comment='Added to a transaction id to get a position'),
    sa.Column('since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('number'),
    comment='One row a move to a cluster that counts its transactions lower; the newest is in force.'
    )


def downgrade() -> None:
    op.drop_table('audit_shift')
    op.drop_table('audit_block')
    op.drop_index('ix_audit_position', table_name='audit')
    op.create_index('ix_audit_recorded', 'audit', ['person', 'recorded'], unique=False)
    op.drop_column('audit', 'position')
