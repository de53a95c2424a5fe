"""Holds on evidence; when retention erased it"""

from alembic import op
import sqlalchemy as sa

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('violation_case', sa.Column('evidence_erased_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table('evidence_hold',
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('held_by', sa.String(length=100), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['violation_case.id'], ),
    sa.PrimaryKeyConstraint('case_id')
    )
