"""Sums over cases: counts by state and figures by day, noted by triggers in the transaction that changes a case"""

from alembic import op
import sqlalchemy as sa

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

FIGURES = ('camera_id', 'detected_at', 'state', 'kind', 'vehicle_class', 'footage', 'reject_reason', 'decided_at')
MONEY = "('fine', 'payment', 'refund')"


def upgrade() -> None:
    op.create_table('case_count',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('camera_id', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('cases', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('stale_figure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('camera_id', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_stale_figure', 'stale_figure', ['day', 'camera_id'])
    op.create_table('day_figure',
    sa.Column('dimension', sa.String(length=10), nullable=False),
    sa.Column('begin', sa.String(length=10), nullable=False),
    sa.Column('camera_id', sa.String(length=64), nullable=False),
    sa.Column('value', sa.String(length=30), nullable=False),
    sa.Column('detected', sa.Integer(), nullable=False),
    sa.Column('reviewed', sa.Integer(), nullable=False),
    sa.Column('fined', sa.Integer(), nullable=False),
    sa.Column('paid', sa.Integer(), nullable=False),
    sa.Column('fined_vnd', sa.BigInteger(), nullable=False),
    sa.Column('paid_vnd', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('dimension', 'begin', 'camera_id', 'value'),
    sqlite_with_rowid=False
    )
    op.drop_index('ix_case_figures', 'violation_case')
    op.drop_index('ix_violation_case_camera_id', 'violation_case')
    op.create_index('ix_case_figures', 'violation_case', [*FIGURES, 'id'])
    op.create_index('ix_case_detected', 'violation_case', ['detected_at'])
    on_sqlite = op.get_bind().dialect.name == 'sqlite'
    day = _day('detected_at', on_sqlite)
    op.execute(
        "INSERT INTO case_count (camera_id, state, cases) "
        "SELECT camera_id, state, count(*) FROM violation_case GROUP BY camera_id, state"
    )
    op.execute(
        f"INSERT INTO stale_figure (day, camera_id) SELECT DISTINCT {day}, camera_id FROM violation_case"
    )
    if on_sqlite:
        _note_on_sqlite()
    else:
        _note_on_postgresql()


def _day(moment: str, on_sqlite: bool) -> str:
    """The day in Vietnam."""
    if on_sqlite:
        return f"date({moment}, '+7 hours')"
    return f"to_char({moment} AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD')"


def _note_on_sqlite() -> None:
    """One writer at a time: a day that is noted already need not be noted again."""
    def stale(row: str) -> str:
        day = _day(f'{row}.detected_at', True)
        return (
            f"INSERT INTO stale_figure (day, camera_id) SELECT {day}, {row}.camera_id WHERE NOT EXISTS "
            f"(SELECT 1 FROM stale_figure s WHERE s.day = {day} AND s.camera_id = {row}.camera_id);"
        )

    def counted(row: str, change: int) -> str:
        return f"INSERT INTO case_count (camera_id, state, cases) VALUES ({row}.camera_id, {row}.state, {change});"

    moved = "OLD.state IS NOT NEW.state OR OLD.camera_id IS NOT NEW.camera_id"
    changed = ' OR '.join(f"OLD.{name} IS NOT NEW.{name}" for name in FIGURES)
    triggers = {
        "case_added AFTER INSERT ON violation_case": counted('NEW', 1) + stale('NEW'),
        "case_gone AFTER DELETE ON violation_case": counted('OLD', -1) + stale('OLD'),
        f"case_moved AFTER UPDATE ON violation_case WHEN {moved}": counted('OLD', -1) + counted('NEW', 1),
        f"case_changed AFTER UPDATE ON violation_case WHEN {changed}": stale('OLD') + stale('NEW'),
        f"money_booked AFTER INSERT ON ledger_entry WHEN NEW.kind IN {MONEY}":
            "INSERT INTO stale_figure (day, camera_id) "
            f"SELECT {_day('c.detected_at', True)}, c.camera_id FROM violation_case c "
            f"LEFT JOIN stale_figure s ON s.day = {_day('c.detected_at', True)} AND s.camera_id = c.camera_id "
            "WHERE c.id = NEW.case_id AND s.id IS NULL;",
    }
    for head, body in triggers.items():
        op.execute(f"CREATE TRIGGER summary_{head} BEGIN {body} END")


def _note_on_postgresql() -> None:
    """Rows are only added: two transactions never wait here for each other, and none undoes the other's note."""
    day = _day('r.detected_at', False)
    both = ', '.join(f'{{row}}.{name}' for name in FIGURES)
    changed = f"({both.format(row='o')}) IS DISTINCT FROM ({both.format(row='n')})"
    moved = "(o.state, o.camera_id) IS DISTINCT FROM (n.state, n.camera_id)"
    stale = f"INSERT INTO stale_figure (day, camera_id) SELECT DISTINCT {day}, r.camera_id FROM "
    count = "INSERT INTO case_count (camera_id, state, cases) SELECT camera_id, state, "
    bodies = {
        ("violation_case", "INSERT", "NEW TABLE AS new_rows"):
            f"{count} count(*) FROM new_rows GROUP BY 1, 2; {stale} new_rows r;",
        ("violation_case", "DELETE", "OLD TABLE AS old_rows"):
            f"{count} -count(*) FROM old_rows GROUP BY 1, 2; {stale} old_rows r;",
        ("violation_case", "UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"):
            f"{count} sum(change) FROM ("
            f"SELECT o.camera_id, o.state, -1 AS change FROM old_rows o JOIN new_rows n USING (id) WHERE {moved} "
            f"UNION ALL SELECT n.camera_id, n.state, 1 FROM old_rows o JOIN new_rows n USING (id) WHERE {moved}"
            f") m GROUP BY 1, 2; "
            f"{stale} (SELECT o.* FROM old_rows o JOIN new_rows n USING (id) WHERE {changed} "
            f"UNION ALL SELECT n.* FROM old_rows o JOIN new_rows n USING (id) WHERE {changed}) r;",
        ("ledger_entry", "INSERT", "NEW TABLE AS new_rows"):
            f"{stale} violation_case r JOIN new_rows m ON m.case_id = r.id AND m.kind IN {MONEY};",
    }
    for (table, what, rows), body in bodies.items():
        name = f"summary_{table}_{what.lower()}"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {what} ON {table} REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
