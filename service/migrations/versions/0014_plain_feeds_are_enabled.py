"""Plain feeds are recorded only while they are enabled: what was recorded until now goes on being recorded"""

from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE camera SET enabled_at = registered_at WHERE kind = 'plain' AND enabled_at IS NULL")
