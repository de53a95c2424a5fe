"""Receipts: which payment a numbered receipt is for; never changed, as the papers and the ledger it ties together"""

from alembic import op
import sqlalchemy as sa

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('receipt',
    sa.Column('paper_id', sa.Integer(), nullable=False),
    sa.Column('ledger_entry_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['ledger_entry_id'], ['ledger_entry.id'], ),
    sa.ForeignKeyConstraint(['paper_id'], ['paper.id'], ),
    sa.PrimaryKeyConstraint('paper_id')
    )
    op.create_index('ix_receipt_ledger_entry_id', 'receipt', ['ledger_entry_id'])
    if op.get_bind().dialect.name == "sqlite":
        protect_in_sqlite()
    else:
        protect_in_postgresql()


def protect_in_sqlite() -> None:
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER receipt_no_{what.lower()} BEFORE {what} ON receipt "
            "BEGIN SELECT RAISE(ABORT, 'receipt is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER receipt_no_replace BEFORE INSERT ON receipt "
        "WHEN EXISTS (SELECT 1 FROM receipt WHERE paper_id = NEW.paper_id) "
        "BEGIN SELECT RAISE(ABORT, 'receipt is append-only'); END"
    )


def protect_in_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION receipt_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'receipt is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER receipt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt "
        "FOR EACH STATEMENT EXECUTE FUNCTION receipt_refuse()"
    )
