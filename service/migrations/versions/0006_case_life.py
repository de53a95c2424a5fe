"""Second approval, receipt of the decision, the unit that a case was forwarded to"""

from alembic import op
import sqlalchemy as sa

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

ISSUED_ON = {
    'sqlite': "date(MAX(entered_at), '+7 hours')",
    'postgresql': "CAST(MAX(entered_at) AT TIME ZONE 'Asia/Ho_Chi_Minh' AS DATE)",
}


def upgrade() -> None:
    op.add_column(
        'violation_case', sa.Column('needs_second_approval', sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column('violation_case', sa.Column('decision_received_on', sa.Date(), nullable=True))
    op.add_column('violation_case', sa.Column('forwarded_to', sa.String(length=200), nullable=True))
    # Until now the term of payment was counted from the day of the fine: nothing changes for open fines.
    issued_on = ISSUED_ON[op.get_bind().dialect.name]
    op.execute(
        "UPDATE violation_case SET decision_received_on = "
        f"(SELECT {issued_on} FROM ledger_entry WHERE case_id = violation_case.id AND kind = 'fine') "
        "WHERE state IN ('decision', 'overdue', 'appealed', 'paid')"
    )

