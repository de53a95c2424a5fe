"""Calibration versions, camera jobs and their pictures; where a camera hangs and since when it is judged"""

from alembic import op
import sqlalchemy as sa

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('camera', sa.Column('latitude', sa.Double(), nullable=True))
    op.add_column('camera', sa.Column('longitude', sa.Double(), nullable=True))
    op.add_column('camera', sa.Column('calibration_version', sa.Integer(), nullable=True))
    op.add_column('camera', sa.Column('enabled_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('camera', sa.Column('enabled_why', sa.Text(), nullable=True))
    op.execute("UPDATE camera SET enabled_at = registered_at")  # they are judged today
    op.add_column('worker', sa.Column('assisted_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table('camera_job',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('camera_id', sa.String(length=64), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('version', sa.Integer(), nullable=True),
    sa.Column('asked_encrypted', sa.Text(), nullable=False),
    sa.Column('asked_by', sa.String(length=100), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('worker', sa.String(length=16), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wanted_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('progress', sa.JSON(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('failure', sa.String(length=20), nullable=True),
    sa.Column('failure_text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['camera_id'], ['camera.camera_id'], ),
    sa.PrimaryKeyConstraint('id'),
    sqlite_autoincrement=True
    )
    op.create_index('ix_camera_job_state', 'camera_job', ['state', 'id'])
    op.create_index('ix_camera_job_camera_id', 'camera_job', ['camera_id'])
    op.create_table('camera_picture',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('camera_id', sa.String(length=64), nullable=True),
    sa.Column('job_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('jpeg', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['camera_id'], ['camera.camera_id'], ),
    sa.ForeignKeyConstraint(['job_id'], ['camera_job.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('job_id', 'name'),
    sqlite_autoincrement=True
    )
    op.create_index('ix_camera_picture_camera_id', 'camera_picture', ['camera_id'])
    op.create_table('calibration_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('camera_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('drawing', sa.JSON(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('made_by', sa.String(length=100), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('picture_id', sa.Integer(), nullable=True),
    sa.Column('fitness', sa.JSON(), nullable=False),
    sa.Column('fitness_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['camera_id'], ['camera.camera_id'], ),
    sa.ForeignKeyConstraint(['picture_id'], ['camera_picture.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('camera_id', 'version')
    )
