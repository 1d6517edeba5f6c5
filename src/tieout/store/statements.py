"""The SQL of the store. Columns come from the rows, which tests hold against `tables`."""

from typing import NamedTuple, TypeVar

from tieout.store.closings import ClosingRow
from tieout.store.episodes import PositionRow
from tieout.store.evidence import EvidenceRow
from tieout.store.rows import (
    AccountRow,
    ActivityRow,
    BreakRow,
    JournalRow,
    LedgerRow,
    OutboxRow,
    RunRow,
)

Row = TypeVar("Row", bound=NamedTuple)

TABLES: dict[str, type[NamedTuple]] = {
    "accounts": AccountRow,
    "ledgers": LedgerRow,
    "positions": PositionRow,
    "journal": JournalRow,
    "closings": ClosingRow,
    "breaks": BreakRow,
    "activities": ActivityRow,
    "runs": RunRow,
    "evidence": EvidenceRow,
    "outbox": OutboxRow,
}


def columns(table: str, *, of: str = "") -> str:
    """The columns of a table in the order of its rows."""
    return ", ".join(f"{of}{name}" for name in TABLES[table]._fields)


def select(table: str, rest: str) -> str:
    return f"SELECT {columns(table)} FROM {table} {rest}"


def insert(table: str, rest: str = "") -> str:
    places = ", ".join("?" * len(TABLES[table]._fields))
    return f"INSERT INTO {table} ({columns(table)}) VALUES ({places}) {rest}".rstrip()


def upsert(table: str, *, key: tuple[str, ...], keep: tuple[str, ...] = ()) -> str:
    """Insert, or replace all columns but those of the key and those to keep."""
    changed = [each for each in TABLES[table]._fields if each not in (*key, *keep)]
    values = ", ".join(f"{each} = excluded.{each}" for each in changed)
    return insert(table, f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {values}")


# The account, its fence and its head

FENCE = "SELECT version, sequence, head, ended_seal FROM accounts WHERE account = ?"
ACCOUNT = select("accounts", "WHERE account = ?")
ACCOUNTS = select("accounts", "ORDER BY account")
_OF_ACCOUNTS = (
    "accounts", "ledgers", "positions", "journal", "closings", "breaks", "activities", "marks",
    "instruments",
)  # fmt: skip
ACCOUNTS_OF_ROWS = " UNION ".join(
    [
        *(f"SELECT account FROM {table}" for table in _OF_ACCOUNTS),
        "SELECT account FROM runs WHERE version IS NOT NULL",
    ]
)
PUT_ACCOUNT = insert("accounts")
ADVANCE = (
    "UPDATE accounts SET venue = ?, currency = ?, history = ?, version = ?, sequence = ?,"
    " head = ?, cursor = ?, state = ?, ended_seal = ?"
    " WHERE account = ? AND version = ?"
)
ENDED_SEALS = "SELECT account, ended_seal FROM accounts"
SET_ENDED_SEAL = "UPDATE accounts SET ended_seal = ? WHERE account = ?"

# The book

BODIES = "SELECT ledger, body FROM ledgers WHERE account = ? ORDER BY created"
LEDGERS = select("ledgers", "WHERE account = ? ORDER BY created")
PUT_LEDGER = upsert("ledgers", key=("account", "ledger"), keep=("created",))
MARKS = "SELECT digest, body FROM marks WHERE account = ?"
PUT_MARKS = (
    "INSERT INTO marks (account, digest, body) VALUES (?, ?, ?)"
    " ON CONFLICT (account) DO UPDATE SET digest = excluded.digest, body = excluded.body"
)
INSTRUMENTS = "SELECT body FROM instruments WHERE account = ?"
PUT_INSTRUMENTS = (
    "INSERT INTO instruments (account, body) VALUES (?, ?)"
    " ON CONFLICT (account) DO UPDATE SET body = excluded.body"
)
INSTRUMENTS_DIGEST = (
    "SELECT instruments_digest FROM runs WHERE account = ? AND version = ?"
    " ORDER BY started_at DESC LIMIT 1"
)
OPEN_BREAKS = select("breaks", "WHERE account = ? AND is_open = 1 ORDER BY rowid")
PUT_BREAK = upsert("breaks", key=("account", "id"))
END_BREAK = "UPDATE breaks SET is_open = 0 WHERE account = ? AND id = ?"
# CROSS JOIN keeps the asked ids outside: the other way round would read every activity.
DIGESTS = (
    "SELECT activities.id, activities.digest FROM json_each(?) AS asked"
    " CROSS JOIN activities ON activities.account = ? AND activities.id = asked.value"
)
ACTIVITIES = select("activities", "WHERE account = ? ORDER BY id")
PUT_ACTIVITY = insert("activities")

# Positions and closings

PUT_POSITION = upsert("positions", key=("account", "ledger", "episode"))
DROP_POSITION = "DELETE FROM positions WHERE account = ? AND ledger = ? AND episode = ?"
ENDED_AMONG = (
    f"SELECT {columns('positions', of='positions.')} FROM json_each(?) AS asked"
    " CROSS JOIN positions ON positions.account = ?"
    " AND positions.ledger = json_extract(asked.value, '$[0]')"
    " AND positions.episode = json_extract(asked.value, '$[1]')"
    " WHERE closed_at IS NOT NULL"
)
ENDED_OF_LEDGER = select("positions", "WHERE account = ? AND ledger = ? AND closed_at IS NOT NULL")
ENDED = select(
    "positions",
    "WHERE account = ? AND closed_at IS NOT NULL AND (? IS NULL OR ledger = ?)"
    " ORDER BY closed_at DESC, ledger, episode LIMIT ?",
)
ENDED_BEFORE = select("positions", "WHERE account = ? AND closed_at < ?")
POSITIONS = select("positions", "WHERE account = ? ORDER BY ledger, episode")
PUT_CLOSING = insert("closings")
CLOSINGS_OF_LEDGER = select(
    "closings", "WHERE account = ? AND ledger = ? ORDER BY sequence, number"
)
ALL_CLOSINGS = select("closings", "WHERE account = ? ORDER BY sequence, number")
CLOSINGS = select(
    "closings",
    "WHERE account = ? AND happened_at >= ? AND happened_at < ? AND known_at <= ?"
    " ORDER BY happened_at, sequence, number",
)

# The journal

PUT_ENTRY = insert("journal")
ENTRIES = select("journal", "WHERE account = ? AND sequence > ? ORDER BY sequence LIMIT ?")
ENTRIES_OF_LEDGER = select(
    "journal", "WHERE account = ? AND ledger = ? AND sequence > ? ORDER BY sequence LIMIT ?"
)
ALL_ENTRIES = select("journal", "WHERE account = ? ORDER BY sequence")
LAST_ENTRIES = (
    "SELECT ledger, max(sequence) FROM journal"
    " WHERE account = ? AND ledger IS NOT NULL AND known_at <= ? GROUP BY ledger"
)
LATEST_OF_LEDGER = select(
    "journal", "WHERE account = ? AND ledger = ? AND sequence <= ? ORDER BY sequence DESC"
)

# Runs, evidence and events

PUT_RUN = insert("runs")
RUN = select("runs", "WHERE id = ?")
_BEFORE = "(started_at, id) < (SELECT started_at, id FROM runs WHERE id = ?)"
_LATEST = "ORDER BY started_at DESC, id DESC LIMIT ?"
RUNS = select("runs", _LATEST)
RUNS_BEFORE = select("runs", f"WHERE {_BEFORE} {_LATEST}")
ANCHORED_RUNS = select("runs", "WHERE account = ? AND version IS NOT NULL ORDER BY version")
ALL_RUNS = select("runs", "WHERE account = ?")
_SYNCS = "started_by NOT IN (SELECT value FROM json_each(?))"
LAST_SYNC = select("runs", f"WHERE {_SYNCS} ORDER BY started_at DESC, id DESC LIMIT 1")
LAST_SYNC_OF_ACCOUNT = select(
    "runs", f"WHERE {_SYNCS} AND account = ? ORDER BY started_at DESC, id DESC LIMIT 1"
)
RUNS_OF_ACCOUNT = select("runs", f"WHERE account = ? {_LATEST}")
RUNS_OF_ACCOUNT_BEFORE = select("runs", f"WHERE account = ? AND {_BEFORE} {_LATEST}")
PUT_EVIDENCE = insert("evidence")
EVIDENCE = select("evidence", "WHERE run = ? ORDER BY number")
EVIDENCE_OF_ACCOUNT = select("evidence", "WHERE account = ?")
EVENTS_OF_RUNS = select("outbox", "WHERE account = ? AND run <> ''")
FORGET_EVIDENCE = "DELETE FROM evidence WHERE received_at < ?"
BREAKS = select("breaks", "WHERE account = ? ORDER BY rowid")
PUT_EVENT = insert("outbox")
EVENTS = f"SELECT id, {columns('outbox')} FROM outbox WHERE id > ? ORDER BY id LIMIT ?"
LAST_EVENT = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)"
FORGET_EVENTS = "DELETE FROM outbox WHERE at < ?"
