"""Loaded terminologies: definitions, concepts, maps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence('terminology_concept_key')))
    op.create_table('terminology_definition',
    sa.Column('key', sa.Integer(), sa.Identity(always=True), nullable=False),
    sa.Column('type', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Text(collation='C'), nullable=False),
    sa.Column('url', sa.Text(collation='C'), nullable=False),
    sa.Column('version', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('head', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='What of the resource is searched: all but its long lists'),
    sa.Column('body', sa.LargeBinary(), nullable=False, comment='The resource as it is served'),
    sa.Column('count', sa.Integer(), nullable=False, comment='Concepts of a code system, elements of a map; 0 for a value set'),
    sa.Column('first', sa.Integer(), nullable=True, comment='The key of the first concept of a code system; the others follow it'),
    sa.Column('source', sa.Text(collation='C'), nullable=False, comment='The file or package it came from'),
    sa.Column('loaded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("type in ('CodeSystem', 'ConceptMap', 'ValueSet')", name=op.f('ck_terminology_definition_type_known')),
    sa.PrimaryKeyConstraint('key'),
    sa.UniqueConstraint('type', 'id'),
    sa.UniqueConstraint('type', 'url', 'version'),
    comment='Code systems, value sets and concept maps that an operator loaded, version by version.'
    )
    op.create_table('terminology_concept',
    sa.Column('system', sa.Integer(), nullable=False, comment='The code system'),
    sa.Column('code', sa.Text(collation='C'), nullable=False, comment='As it is compared: in small letters where the code system is not case sensitive'),
    sa.Column('key', sa.Integer(), nullable=False),
    sa.Column('written', sa.Text(collation='C'), nullable=False, comment='The code as the code system writes it'),
    sa.Column('display', sa.Text(), nullable=False),
    sa.Column('definition', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('inactive', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('abstract', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('parents', sa.ARRAY(sa.Integer()), nullable=False, comment='Keys of the concepts right above'),
    sa.Column('ancestors', sa.ARRAY(sa.Integer()), nullable=False, comment='Its own key and those of all concepts above'),
    sa.Column('descendants', sa.Integer(), nullable=False, comment='How many concepts there are below it, itself among them'),
    sa.Column('designations', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='[language, value, use system, use code, use display] each'),
    sa.Column('properties', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='[code, type, value] each, behind it its texts where the value is no text'),
    sa.Column('texts', sa.ARRAY(sa.Text()), nullable=False, comment='Its code and all it is called: the length, then the words, normalised'),
    sa.Column('shortest', sa.Integer(), nullable=False, comment='How long its shortest name is'),
    sa.Column('words', postgresql.TSVECTOR(), nullable=False, comment='What it can be found by, each behind the key of its system: `.word` and `:property=text`'),
    sa.ForeignKeyConstraint(['system'], ['terminology_definition.key'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('system', 'code'),
    comment='The concepts of loaded code systems.'
    )
    op.create_index('ix_terminology_concept_key', 'terminology_concept', ['key'], unique=True)
    op.create_index('ix_terminology_concept_shortest', 'terminology_concept', ['system', 'shortest', 'written'], unique=False)
    op.create_index('ix_terminology_concept_words', 'terminology_concept', ['words', 'ancestors', 'parents'], unique=False, postgresql_using='gin')
    op.create_table('terminology_mapping',
    sa.Column('map', sa.Integer(), nullable=False, comment='The concept map'),
    sa.Column('place', sa.Integer(), nullable=False, comment='Where in the map it stands'),
    sa.Column('source_system', sa.Text(collation='C'), nullable=False),
    sa.Column('source_code', sa.Text(collation='C'), nullable=False),
    sa.Column('target_system', sa.Text(collation='C'), nullable=False),
    sa.Column('target_code', sa.Text(collation='C'), nullable=False),
    sa.Column('target_display', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('equivalence', sa.Text(collation='C'), nullable=False),
    sa.Column('comment', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.ForeignKeyConstraint(['map'], ['terminology_definition.key'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('map', 'place'),
    comment='The elements of loaded concept maps.'
    )
    op.create_index('ix_terminology_mapping_source', 'terminology_mapping', ['source_code', 'source_system'], unique=False)
    op.create_index('ix_terminology_mapping_target', 'terminology_mapping', ['target_code', 'target_system'], unique=False)


def downgrade() -> None:
    op.drop_table('terminology_mapping')
    op.drop_table('terminology_concept')
    op.drop_table('terminology_definition')
    op.execute(sa.schema.DropSequence(sa.Sequence('terminology_concept_key')))
