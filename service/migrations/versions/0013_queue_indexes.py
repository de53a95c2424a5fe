"""Indexes for the filters of the queue, second approvals, acts by hour and the work of reviewers"""

from alembic import op
import sqlalchemy as sa

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

CASES = 'violation_case'
QUEUE = ['state', 'id', 'detected_at', 'state_since', 'committed_at', 'camera_id']
FILTERS = ['assigned_to', 'kind', 'plate_verdict', 'plate_officer', 'plate_confidence']
WAITS = sa.text("state = 'confirmed' AND needs_second_approval")


def upgrade() -> None:
    op.drop_index('ix_case_queue', CASES)
    op.create_index('ix_case_queue', CASES, [*QUEUE, *FILTERS])
    op.drop_index('ix_case_detected', CASES)
    op.create_index('ix_case_detected', CASES, ['detected_at', 'committed_at', 'camera_id'])
    op.create_index('ix_case_decided', CASES, ['decided_at', 'decided_by', 'state', 'camera_id'])
    op.create_index('ix_case_approval', CASES, ['id'], sqlite_where=WAITS, postgresql_where=WAITS)

