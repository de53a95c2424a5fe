"""The index of second approvals, so that SQLite takes it: led by what is asked for, it looks like what it is"""

from alembic import op
import sqlalchemy as sa

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

WAITS = sa.text("state = 'confirmed' AND needs_second_approval")


def upgrade() -> None:
    op.drop_index('ix_case_approval', 'violation_case')
    op.create_index(
        'ix_case_approval', 'violation_case', ['state', 'id'], sqlite_where=WAITS, postgresql_where=WAITS
    )
