"""Relations that are declared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('declaration_attempts',
    sa.Column('actor', sa.Text(collation='C'), nullable=False),
    sa.Column('operation', sa.Text(collation='C'), nullable=False),
    sa.Column('instants', sa.ARRAY(sa.DateTime(timezone=True)), nullable=False, comment='Of the last hour, at most as many as allowed'),
    sa.PrimaryKeyConstraint('actor', 'operation'),
    comment='How often an actor lately declared something about persons by their number, whatever came of it.'
    )
    op.create_table('spent_evidence',
    sa.Column('digest', sa.LargeBinary(), nullable=False, comment='SHA-256 of what makes a piece of evidence unique'),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False, comment='From when on the evidence proves nothing anyhow'),
    sa.PrimaryKeyConstraint('digest'),
    comment='Evidence of a relation of care counts once.'
    )
    op.create_index('ix_spent_evidence_expires_at', 'spent_evidence', ['expires_at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_spent_evidence_expires_at', table_name='spent_evidence')
    op.drop_table('spent_evidence')
    op.drop_table('declaration_attempts')
