"""Search: quantities, words, parts of a resource, and by which rules a resource is indexed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

# What was indexed before has only one part; rows of a process that knows no parts have none either.
_KEYS = {
    'index_token': ['person', 'type', 'id', 'parameter', 'system', 'code'],
    'index_reference': ['person', 'type', 'id', 'parameter', 'ordinal'],
    'index_date': ['person', 'type', 'id', 'parameter', 'low', 'high'],
    'index_string': ['person', 'type', 'id', 'parameter', 'ordinal'],
}


def upgrade() -> None:
    for table, key in _KEYS.items():
        op.add_column(table, sa.Column('element', sa.SmallInteger(), server_default=sa.text('0'), nullable=False))
        op.drop_constraint(f'{table}_pkey', table, type_='primary')
        op.create_primary_key(f'{table}_pkey', table, [*key, 'element'])
    op.create_index('ix_index_reference_url', 'index_reference', ['url', 'type', 'parameter', 'person', 'id'], unique=False, postgresql_where=sa.text("url <> ''"))
    op.create_table('index_quantity',
    sa.Column('person', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('type', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Text(collation='C'), nullable=False),
    sa.Column('parameter', sa.Text(collation='C'), nullable=False),
    sa.Column('ordinal', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('low', sa.Numeric(), nullable=False),
    sa.Column('high', sa.Numeric(), nullable=False),
    sa.Column('system', sa.Text(collation='C'), nullable=False),
    sa.Column('code', sa.Text(collation='C'), nullable=False),
    sa.Column('unit', sa.Text(collation='C'), nullable=False),
    sa.Column('element', sa.SmallInteger(), server_default=sa.text('0'), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('person', 'type', 'id', 'parameter', 'ordinal', 'element'),
    comment='Numbers too, which have no system, code or unit.'
    )
    op.create_index('ix_index_quantity_low', 'index_quantity', ['type', 'parameter', 'low', 'person', 'id'], unique=False)
    op.create_table('index_text',
    sa.Column('person', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('type', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Text(collation='C'), nullable=False),
    sa.Column('narrative', postgresql.TSVECTOR(), nullable=False),
    sa.Column('content', postgresql.TSVECTOR(), nullable=False),
    sa.PrimaryKeyConstraint('person', 'type', 'id'),
    comment='The words of a resource, in every language we know the endings of.'
    )
    op.create_index('ix_index_text_narrative', 'index_text', ['narrative'], unique=False, postgresql_using='gin')
    op.create_index('ix_index_text_content', 'index_text', ['content'], unique=False, postgresql_using='gin')
    op.create_table('index_rules',
    sa.Column('number', sa.Integer(), sa.Identity(always=False, start=1), nullable=False),
    sa.Column('fingerprint', sa.Text(collation='C'), nullable=False),
    sa.Column('known_since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('number'),
    sa.UniqueConstraint('fingerprint'),
    comment='The rules of indexing that were ever in force, the newest last; an older process takes none back.'
    )
    op.add_column('resource_current', sa.Column('indexed_as', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False, comment='By which rules'))
    op.add_column('resource_current', sa.Column('indexed_version', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='A version that is not indexed yet was written by a process that knew no rules'))
    op.create_index('ix_resource_version_newest', 'resource_version', ['last_updated', 'type', 'id', 'version'], unique=False)
    op.create_index('ix_resource_version_of_type', 'resource_version', ['type', 'last_updated', 'id', 'version'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_resource_version_of_type', table_name='resource_version')
    op.drop_index('ix_resource_version_newest', table_name='resource_version')
    op.drop_column('resource_current', 'indexed_version')
    op.drop_column('resource_current', 'indexed_as')
    op.drop_table('index_rules')
    op.drop_table('index_text')
    op.drop_table('index_quantity')
    op.drop_index('ix_index_reference_url', table_name='index_reference')
    for table, key in _KEYS.items():
        # Of several parts only the first can stay; the older process knows no search that asks for another.
        op.execute(f'delete from {table} where element <> 0')
        op.drop_constraint(f'{table}_pkey', table, type_='primary')
        op.drop_column(table, 'element')
        op.create_primary_key(f'{table}_pkey', table, key)
