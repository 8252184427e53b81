"""Grants are compiled anew: who has a function in a team and no role is there in the own profession.

Nothing of the schema changes. The same steps belong to each change by which facts and matrix come to other grants.
"""

from __future__ import annotations

from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # As whoever begins a generation: no write that is judged by the present one is under way (`generations.BARRIER`).
    op.execute('select pg_advisory_xact_lock(4093001)')
    op.execute(
        'update generation set next = last + 1, last = last + 1, compiled_to = 0,'
        ' next_matrix_version = coalesce(next_matrix_version, matrix_version)'
    )


def downgrade() -> None:
    """What is compiled by the newer law stays until a fact changes."""
