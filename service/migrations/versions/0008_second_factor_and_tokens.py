"""Second factor, sign-in at a provider, API tokens of programs"""

from alembic import op
import sqlalchemy as sa

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('person', sa.Column('totp_encrypted', sa.Text(), nullable=True))
    op.add_column('person', sa.Column('totp_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('person', sa.Column('totp_last_step', sa.BigInteger(), nullable=True))
    op.add_column('person', sa.Column('oidc_subject', sa.String(length=255), nullable=True))
    op.create_index('ix_person_oidc_subject', 'person', ['oidc_subject'], unique=True)
    op.add_column('sign_in', sa.Column('must_enrol', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table('recovery_code',
    sa.Column('code_sha256', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('code_sha256')
    )
    op.create_index('ix_recovery_code_person_id', 'recovery_code', ['person_id'])
    op.create_table('api_token',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('scopes', sa.String(length=400), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('token_sha256')
    )
    op.create_index('ix_api_token_person_id', 'api_token', ['person_id'])
