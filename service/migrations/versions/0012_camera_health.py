"""How the watch of each camera went last"""

from alembic import op
import sqlalchemy as sa

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('camera_health',
    sa.Column('camera_id', sa.String(length=64), nullable=False),
    sa.Column('worker', sa.String(length=16), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('word', sa.String(length=20), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('figures', sa.JSON(), nullable=False),
    sa.Column('view_picture_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['camera_id'], ['camera.camera_id'], ),
    sa.ForeignKeyConstraint(['view_picture_id'], ['camera_picture.id'], ),
    sa.PrimaryKeyConstraint('camera_id')
    )
