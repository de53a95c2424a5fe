"""Payment files and their lines; since when a case is in its state; the day that money counts; indexes"""

from alembic import op
import sqlalchemy as sa

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('violation_case', sa.Column('state_since', sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE violation_case SET state_since = COALESCE(decided_at, detected_at)")
    op.add_column('ledger_entry', sa.Column('value_on', sa.Date(), nullable=True))
    op.create_index('ix_ledger_entry_reference', 'ledger_entry', ['case_id', 'reference'], unique=True)
    op.create_table('payment_file',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('imported_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['imported_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('sha256')
    )
    op.create_table('payment_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('file_sha256', sa.String(length=64), nullable=False),
    sa.Column('row_number', sa.Integer(), nullable=False),
    sa.Column('transaction_id', sa.String(length=60), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('amount_vnd', sa.BigInteger(), nullable=True),
    sa.Column('reference', sa.String(length=200), nullable=False),
    sa.Column('plate', sa.String(length=20), nullable=False),
    sa.Column('payer', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('entry_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['violation_case.id'], ),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], ),
    sa.ForeignKeyConstraint(['file_sha256'], ['payment_file.sha256'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('file_sha256', 'row_number')
    )
    op.create_index('ix_payment_line_transaction_id', 'payment_line', ['transaction_id'])
    op.create_index('ix_payment_line_outcome', 'payment_line', ['outcome', 'id'])
    op.create_index('ix_payment_line_case_id', 'payment_line', ['case_id'])
    # Packets make the rows wide: what lists and figures count by is in the indexes.
    op.drop_index('ix_case_queue', 'violation_case')
    op.create_index(
        'ix_case_queue', 'violation_case', ['state', 'id', 'detected_at', 'state_since', 'committed_at', 'camera_id']
    )
    op.create_index(
        'ix_case_figures', 'violation_case',
        ['detected_at', 'state', 'camera_id', 'kind', 'footage', 'reject_reason', 'id'],
    )
    op.create_index('ix_violation_case_plate_machine', 'violation_case', ['plate_machine'])
    op.create_index('ix_violation_case_plate_officer', 'violation_case', ['plate_officer'])
    op.drop_index('ix_ledger_entry_case_id', 'ledger_entry')
    op.create_index('ix_ledger_money', 'ledger_entry', ['case_id', 'kind', 'amount_vnd'])
