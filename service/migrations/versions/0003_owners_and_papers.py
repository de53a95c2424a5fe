"""Look-ups of owners, numbered papers and their files; a paper's file and number never change"""

from alembic import op
import sqlalchemy as sa

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

APPEND_ONLY = ("owner_lookup", "paper_file")


def upgrade() -> None:
    op.create_table('owner_lookup',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked_by', sa.Integer(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('plate', sa.String(length=16), nullable=False),
    sa.Column('owned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('outcome', sa.String(length=12), nullable=False),
    sa.Column('mismatches', sa.JSON(), nullable=False),
    sa.Column('registrations_encrypted', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['asked_by'], ['person.id'], ),
    sa.ForeignKeyConstraint(['case_id'], ['violation_case.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_owner_lookup_case_id', 'owner_lookup', ['case_id'])
    op.create_table('paper',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by', sa.Integer(), nullable=True),
    sa.Column('lookup_code_sha256', sa.String(length=64), nullable=True),
    sa.Column('plate', sa.String(length=16), nullable=False),
    sa.Column('vehicle_class', sa.String(length=20), nullable=False),
    sa.Column('content_encrypted', sa.Text(), nullable=False),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_by', sa.Integer(), nullable=True),
    sa.Column('cancel_reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['cancelled_by'], ['person.id'], ),
    sa.ForeignKeyConstraint(['case_id'], ['violation_case.id'], ),
    sa.ForeignKeyConstraint(['issued_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('kind', 'year', 'number')
    )
    op.create_index('ix_paper_case_id', 'paper', ['case_id'])
    op.create_index('ix_paper_lookup_code_sha256', 'paper', ['lookup_code_sha256'], unique=True)
    op.create_table('paper_file',
    sa.Column('paper_id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('signer', sa.String(length=200), nullable=True),
    sa.Column('kept_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pdf', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['paper_id'], ['paper.id'], ),
    sa.PrimaryKeyConstraint('paper_id')
    )
    if op.get_bind().dialect.name == "sqlite":
        protect_in_sqlite()
    else:
        protect_in_postgresql()


def protect_in_sqlite() -> None:
    for table, key in (("owner_lookup", "id"), ("paper_file", "paper_id")):
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER paper_no_delete BEFORE DELETE ON paper "
        "BEGIN SELECT RAISE(ABORT, 'a paper keeps its number'); END"
    )
    op.execute(
        "CREATE TRIGGER paper_no_rewrite BEFORE UPDATE OF id, kind, year, number, case_id, content_encrypted ON paper "
        "BEGIN SELECT RAISE(ABORT, 'a paper keeps its number'); END"
    )
    op.execute(
        "CREATE TRIGGER paper_no_replace BEFORE INSERT ON paper WHEN EXISTS (SELECT 1 FROM paper WHERE id = NEW.id "
        "OR (kind = NEW.kind AND year = NEW.year AND number = NEW.number) "
        "OR lookup_code_sha256 = NEW.lookup_code_sha256) "
        "BEGIN SELECT RAISE(ABORT, 'a paper keeps its number'); END"
    )


def protect_in_postgresql() -> None:
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
        )
    op.execute(
        "CREATE FUNCTION paper_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a paper keeps its number'; END $$"
    )
    op.execute(
        "CREATE TRIGGER paper_stays BEFORE DELETE OR TRUNCATE ON paper "
        "FOR EACH STATEMENT EXECUTE FUNCTION paper_refuse()"
    )
    op.execute(
        "CREATE TRIGGER paper_no_rewrite BEFORE UPDATE OF id, kind, year, number, case_id, content_encrypted ON paper "
        "FOR EACH STATEMENT EXECUTE FUNCTION paper_refuse()"
    )
