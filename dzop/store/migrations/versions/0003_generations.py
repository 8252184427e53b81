"""The access matrix is kept, and grants have a generation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('matrix_version',
    sa.Column('version', sa.Text(collation='C'), nullable=False),
    sa.Column('text', sa.Text(), nullable=False, comment='As it was reviewed: a line a cell'),
    sa.Column('known_since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('version'),
    comment='Every access matrix that was ever in force or on its way, so that any decision can be explained.'
    )
    op.create_table('generation',
    sa.Column('one', sa.SmallInteger(), autoincrement=False, server_default=sa.text('1'), nullable=False),
    sa.Column('active', sa.Integer(), nullable=False),
    sa.Column('matrix_version', sa.Text(collation='C'), nullable=False),
    sa.Column('active_since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('next', sa.Integer(), nullable=True, comment='Being compiled in the background'),
    sa.Column('next_matrix_version', sa.Text(collation='C'), nullable=True),
    sa.Column('compiled_to', sa.BigInteger(), server_default=sa.text('0'), nullable=False, comment='Persons up to this key are in the next generation'),
    sa.Column('last', sa.Integer(), nullable=False, comment='The highest number ever given'),
    sa.CheckConstraint('one = 1', name=op.f('ck_generation_one_row')),
    sa.PrimaryKeyConstraint('one'),
    comment='Which grants count: one row, whose change switches the law for everybody at once.'
    )
    op.add_column(
        'grants', sa.Column('shared', sa.BigInteger(), server_default=sa.text('0'), nullable=False)
    )
    # What was compiled before is generation 0: in force until the first one of ours is compiled.
    op.add_column('grants', sa.Column('generation', sa.Integer(), server_default=sa.text('0'), nullable=False))
    op.alter_column('grants', 'generation', server_default=None)
    op.drop_constraint('grants_pkey', 'grants', type_='primary')
    op.create_primary_key('grants_pkey', 'grants', ['person', 'generation', 'shape', 'valid_from'])
    op.drop_index('ix_grants_shape', table_name='grants')
    op.create_index('ix_grants_shape', 'grants', ['generation', 'shape', 'person'], unique=False)


def downgrade() -> None:
    # Which generation was in force is not known without its table: all are compiled anew.
    op.execute('delete from grants')
    op.drop_index('ix_grants_shape', table_name='grants')
    op.drop_constraint('grants_pkey', 'grants', type_='primary')
    op.create_primary_key('grants_pkey', 'grants', ['person', 'shape', 'valid_from'])
    op.create_index('ix_grants_shape', 'grants', ['shape', 'person'], unique=False)
    op.drop_column('grants', 'generation')
    op.drop_column('grants', 'shared')
    op.drop_table('generation')
    op.drop_table('matrix_version')
