"""The book: accounts, ledgers, positions, the journal and what it realized, breaks, runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")


def upgrade() -> None:
    _accounts()
    _ledgers()
    _positions()
    _marks()
    _instruments()
    _journal()
    _closings()
    _breaks()
    _activities()
    _runs()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("history", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("cursor", sa.Text, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ended_seal", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )


def _ledgers() -> None:
    op.create_table(
        "ledgers",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("ledger", sa.Text, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "ledger"),
    )


def _positions() -> None:
    op.create_table(
        "positions",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("ledger", sa.Text, nullable=False),
        sa.Column("episode", sa.Text, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=True),
        sa.Column("asset_class", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("multiplier", EXACT, nullable=True),
        sa.Column("quantity", EXACT, nullable=False),
        sa.Column("average_price", EXACT, nullable=True),
        sa.Column("basis", sa.Text, nullable=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reconciliation", sa.Text, nullable=False),
        sa.Column("opened_at", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text, nullable=True),
        sa.Column("closed_by", sa.Text, nullable=True),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("gross", EXACT, nullable=True),
        sa.Column("fees", EXACT, nullable=False),
        sa.Column("net", EXACT, nullable=True),
        sa.Column("funding", EXACT, nullable=False),
        sa.Column("income", EXACT, nullable=False),
        sa.Column("incomplete", sa.Integer, nullable=False),
        sa.Column("estimated", sa.Integer, nullable=True),
        sa.Column("realized", sa.Text, nullable=False),
        sa.Column("seal", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("account", "ledger", "episode"),
    )
    where = sa.text("closed_at IS NOT NULL")
    op.create_index(
        "positions_closed",
        "positions",
        ["account", "closed_at"],
        sqlite_where=where,
        postgresql_where=where,
    )


def _marks() -> None:
    op.create_table(
        "marks",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )


def _instruments() -> None:
    op.create_table(
        "instruments",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("ledger", sa.Text, nullable=True),
        sa.Column("happened_at", sa.Text, nullable=False),
        sa.Column("known_at", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "sequence"),
    )
    op.create_index("journal_ledger", "journal", ["account", "ledger", "sequence"])


def _closings() -> None:
    op.create_table(
        "closings",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("ledger", sa.Text, nullable=False),
        sa.Column("episode", sa.Text, nullable=True),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("known_at", sa.Text, nullable=False),
        sa.Column("happened_at", sa.Text, nullable=False),
        sa.Column("caused_by", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("quantity", EXACT, nullable=True),
        sa.Column("price", EXACT, nullable=True),
        sa.Column("gross", EXACT, nullable=True),
        sa.Column("gross_quotient", EXACT, nullable=False),
        sa.Column("fees", EXACT, nullable=False),
        sa.Column("fees_quotient", EXACT, nullable=False),
        sa.Column("net", EXACT, nullable=True),
        sa.Column("funding", EXACT, nullable=False),
        sa.Column("income", EXACT, nullable=False),
        sa.Column("closings", sa.Integer, nullable=False),
        sa.Column("incomplete", sa.Integer, nullable=False),
        sa.Column("estimated", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account", "sequence", "number"),
    )
    op.create_index("closings_happened", "closings", ["account", "happened_at"])
    op.create_index("closings_ledger", "closings", ["account", "ledger"])


def _breaks() -> None:
    op.create_table(
        "breaks",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("ledger", sa.Text, nullable=True),
        sa.Column("symbol", sa.Text, nullable=True),
        sa.Column("side", sa.Text, nullable=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("first_at", sa.Text, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False),
        sa.Column("is_open", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "id"),
    )
    where = sa.text("is_open = 1")
    op.create_index(
        "breaks_open", "breaks", ["account"], sqlite_where=where, postgresql_where=where
    )


def _activities() -> None:
    op.create_table(
        "activities",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account", "id"),
        sqlite_with_rowid=False,
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("started_by", sa.Text, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("finished_at", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("tied_out", sa.Integer, nullable=True),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("venue_calls", sa.Integer, nullable=False),
        sa.Column("errors", sa.Text, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=True),
        sa.Column("first_sequence", sa.Integer, nullable=True),
        sa.Column("last_sequence", sa.Integer, nullable=True),
        sa.Column("head", sa.Text, nullable=True),
        sa.Column("links", sa.LargeBinary, nullable=True),
        sa.Column("marks_digest", sa.Text, nullable=True),
        sa.Column("closings_digest", sa.Text, nullable=True),
        sa.Column("activities_digest", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("account", "id"),
        sa.UniqueConstraint("id", name="runs_id"),
    )
    op.create_index("runs_latest", "runs", ["started_at"])
    op.create_index("runs_started", "runs", ["account", "started_at"])
