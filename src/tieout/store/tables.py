"""The tables of a book. Every one is keyed by the account first, so it can be divided by it.

Numbers are exact: canonical plain text on SQLite, NUMERIC elsewhere. Times are ISO 8601 texts in
UTC, which sort as they happened. `body` columns are JSON; the columns beside them are for people
who ask with SQL.

This module says what there is and is what migrations are checked against. The statements
themselves are in `statements`: reading and writing a book must not wait for SQLAlchemy to load.
"""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

EXACT = Text().with_variant(Numeric(), "postgresql")
metadata = MetaData()


def _text(name: str, *, nullable: bool = False) -> "Column[str]":
    return Column(name, Text, nullable=nullable)


def _integer(name: str, *, nullable: bool = False) -> "Column[int]":
    return Column(name, Integer, nullable=nullable)


def _exact(name: str, *, nullable: bool = True) -> "Column[str]":
    return Column(name, EXACT, nullable=nullable)


accounts = Table(
    "accounts",
    metadata,
    _text("account"),
    _text("venue"),
    _text("currency"),
    _text("history"),
    _integer("version"),  # counts the commits; fences writers
    _integer("sequence"),  # the last entry of the journal
    _text("head"),  # its hash
    _text("cursor", nullable=True),
    _text("state"),
    _text("ended_seal"),  # the sum of the seals of the ended positions
    PrimaryKeyConstraint("account"),
)

ledgers = Table(
    "ledgers",
    metadata,
    _text("account"),
    _text("ledger"),
    _integer("created"),  # the journal entry that first wrote it
    _integer("sequence"),  # the one that wrote it last
    _text("body"),
    PrimaryKeyConstraint("account", "ledger"),
)

positions = Table(
    "positions",
    metadata,
    _text("account"),
    _text("ledger"),
    _text("episode"),  # what opened it: an activity, a booking, an observation
    _text("symbol"),
    _text("side", nullable=True),
    _text("asset_class"),
    _text("currency"),
    _exact("multiplier"),
    _exact("quantity", nullable=False),
    _exact("average_price"),
    _text("basis", nullable=True),  # null once it has ended
    _text("status"),
    _text("reconciliation"),
    _text("opened_at"),
    _text("closed_at", nullable=True),
    _text("closed_by", nullable=True),
    _text("reason", nullable=True),
    _exact("gross"),  # null where a closing is incomplete
    _exact("fees", nullable=False),
    _exact("net"),
    _exact("funding", nullable=False),
    _exact("income", nullable=False),
    _integer("incomplete"),  # how many closings have no known figure
    _integer("estimated", nullable=True),  # of an ended one: 1 where a price was a mark
    _text("realized"),  # every currency, exactly
    _text("seal", nullable=True),  # of an ended one: its hash, for verify
    _text("base", nullable=True),  # its net in the account's own currency, where it is known
    PrimaryKeyConstraint("account", "ledger", "episode"),
)
Index(
    "positions_closed",
    positions.c.account,
    positions.c.closed_at,
    sqlite_where=positions.c.closed_at.is_not(None),
    postgresql_where=positions.c.closed_at.is_not(None),
)

marks = Table(
    "marks",
    metadata,
    _text("account"),
    _text("digest"),
    _text("body"),  # all rows of the last applied snapshot
    PrimaryKeyConstraint("account"),
)

instruments = Table(
    "instruments",
    metadata,
    _text("account"),
    _text("body"),
    PrimaryKeyConstraint("account"),
)

journal = Table(
    "journal",
    metadata,
    _text("account"),
    _integer("sequence"),
    _text("run"),
    _text("kind"),
    _text("ledger", nullable=True),
    _text("happened_at"),
    _text("known_at"),
    _text("payload"),
    _text("previous"),
    _text("hash"),
    PrimaryKeyConstraint("account", "sequence"),
)
Index("journal_ledger", journal.c.account, journal.c.ledger, journal.c.sequence)

closings = Table(
    "closings",
    metadata,
    _text("account"),
    _integer("sequence"),  # the journal entry it came with
    _integer("number"),
    _text("ledger"),
    _text("episode", nullable=True),
    _text("run"),
    _text("known_at"),
    _text("happened_at"),
    _text("caused_by"),
    _text("currency"),
    _exact("quantity"),
    _exact("price"),
    _exact("gross"),  # null where it is not known
    _exact("gross_quotient", nullable=False),  # the part of gross that a division rounded
    _exact("fees", nullable=False),
    _exact("fees_quotient", nullable=False),
    _exact("net"),
    _exact("funding", nullable=False),
    _exact("income", nullable=False),
    _integer("closings"),  # 1 for a closing, -1 for one taken back, 0 for other money
    _integer("incomplete"),
    _integer("estimated"),
    _text("base", nullable=True),  # the net in the account's own currency, where it is known
    PrimaryKeyConstraint("account", "sequence", "number"),
)
Index("closings_happened", closings.c.account, closings.c.happened_at)
Index("closings_ledger", closings.c.account, closings.c.ledger)

breaks = Table(
    "breaks",
    metadata,
    _text("account"),
    _text("id"),
    _text("kind"),
    _text("ledger", nullable=True),
    _text("symbol", nullable=True),
    _text("side", nullable=True),
    _text("status"),
    _integer("seen"),
    _text("first_at"),
    _text("last_at"),
    _integer("is_open"),
    _text("body"),
    PrimaryKeyConstraint("account", "id"),
)
Index(
    "breaks_open",
    breaks.c.account,
    sqlite_where=breaks.c.is_open == 1,
    postgresql_where=breaks.c.is_open == 1,
)

activities = Table(
    "activities",
    metadata,
    _text("account"),
    _text("id"),
    _text("digest"),
    _integer("sequence"),  # the last journal entry of the run that brought it
    PrimaryKeyConstraint("account", "id"),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    metadata,
    _text("account"),
    _text("id"),
    _text("started_by"),
    _text("started_at"),
    _text("finished_at"),
    _text("outcome"),
    _text("reason", nullable=True),
    _integer("tied_out", nullable=True),
    _text("counts"),
    _integer("venue_calls"),
    _text("errors"),
    _text("statement"),
    # What anchors the journal; null for a run that wrote nothing else.
    _integer("version", nullable=True),
    _integer("first_sequence", nullable=True),
    _integer("last_sequence", nullable=True),
    _text("head", nullable=True),
    Column("links", LargeBinary, nullable=True),  # the first 8 bytes of each entry's hash
    _text("marks_digest", nullable=True),
    _text("closings_digest", nullable=True),
    _text("activities_digest", nullable=True),
    # Of the account's own row and what is kept whole of it; null for runs of an older Tieout.
    _text("account_digest", nullable=True),
    _text("instruments_digest", nullable=True),
    _text("breaks_digest", nullable=True),  # of those that are open
    _text("record_digest", nullable=True),  # of what the run itself says, its columns above
    Column("evidence_links", LargeBinary, nullable=True),  # 8 bytes of each reply's hash
    Column("events_links", LargeBinary, nullable=True),  # and of each event's
    _text("program", nullable=True),  # the version of Tieout that wrote it
    _text("noted_digest", nullable=True),  # of all columns from `version` on
    PrimaryKeyConstraint("account", "id"),
    UniqueConstraint("id", name="runs_id"),
)
Index("runs_started", runs.c.account, runs.c.started_at)
Index("runs_latest", runs.c.started_at)

evidence = Table(
    "evidence",
    metadata,
    _text("account"),
    _text("run"),
    _integer("number"),
    _text("call"),
    _integer("status", nullable=True),
    _text("received_at"),
    _integer("size"),  # of the body before it was compressed
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("account", "run", "number"),
)
Index("evidence_run", evidence.c.run)
Index("evidence_received", evidence.c.received_at)

# Events of all accounts are one stream that clients resume by id, so the id comes first here.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _text("account"),
    _text("run"),
    _text("type"),
    _text("at"),
    _text("payload"),
    sqlite_autoincrement=True,
)
Index("outbox_at", outbox.c.at)

# Who may ask and act. No secret is kept as it is.

users = Table(
    "users",
    metadata,
    _text("name"),
    _text("password_hash"),
    _text("capabilities"),  # with blanks between
    _text("created_at"),
    PrimaryKeyConstraint("name"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _text("id"),
    _text("name"),
    _text("digest"),
    _text("capabilities"),
    _text("created_at"),
    _text("revoked_at", nullable=True),
    _text("last_used_at", nullable=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("digest", name="api_keys_digest"),
)

sessions = Table(
    "sessions",
    metadata,
    _text("digest"),
    _text("user"),
    _text("created_at"),
    _text("expires_at"),
    PrimaryKeyConstraint("digest"),
)

failed_logins = Table(
    "failed_logins", metadata, _text("name"), _text("address"), _text("at")
)  # fmt: skip
Index("failed_logins_at", failed_logins.c.at)

# What the service remembers over a restart.

runtime_settings = Table(
    "runtime_settings", metadata, _text("key"), _text("value"), PrimaryKeyConstraint("key")
)

deliveries = Table(
    "deliveries",
    metadata,
    _text("target"),
    _integer("event"),
    _integer("attempts"),
    _text("next_at", nullable=True),
    _text("last_error", nullable=True),
    PrimaryKeyConstraint("target"),
)

notices = Table(
    "notices",
    metadata,
    _text("key"),
    _text("account"),
    _text("digest"),
    _text("first_at"),
    _text("told_at"),
    _integer("times"),
    PrimaryKeyConstraint("key"),
)
