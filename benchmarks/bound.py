"""The bound: the cheapest sync that can be written by hand with msgspec and sqlite3.

It parses four fields, compares the texts with those of last time, makes one multiplication a row,
writes the prices of the account as one value and the changed rows with one `executemany`, and
commits once, as durably as the product. It keeps no history, asks no question and checks nothing:
nobody should keep a book like this. It is what the work itself costs.
"""

import sqlite3
from decimal import Decimal
from pathlib import Path

import msgspec

from benchmarks.broker import Replies
from tieout.store.connections import PRAGMAS

ACCOUNT = "bound"
TABLES = (
    "CREATE TABLE accounts (account TEXT PRIMARY KEY, version INTEGER) WITHOUT ROWID",
    "CREATE TABLE marks (account TEXT PRIMARY KEY, value TEXT, body BLOB)",
    "CREATE TABLE positions (account TEXT, symbol TEXT, quantity TEXT, average TEXT,"
    " PRIMARY KEY (account, symbol)) WITHOUT ROWID",
)
PUT_POSITION = (
    "INSERT INTO positions VALUES (?, ?, ?, ?) ON CONFLICT (account, symbol)"
    " DO UPDATE SET quantity = excluded.quantity, average = excluded.average"
)
PUT_MARKS = (
    "INSERT INTO marks VALUES (?, ?, ?)"
    " ON CONFLICT (account) DO UPDATE SET value = excluded.value, body = excluded.body"
)
FENCE = "SELECT version FROM accounts WHERE account = ?"
ADVANCE = "UPDATE accounts SET version = version + 1 WHERE account = ?"


class _Row(msgspec.Struct, gc=False):
    symbol: str
    qty: str
    avg_entry_price: str
    current_price: str


class Bound:
    """A book in memory beside one in a file. Rows must come in the same order every time."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        for name, value in PRAGMAS.items():
            self._connection.execute(f"PRAGMA {name} = {value}")
        for table in TABLES:
            self._connection.execute(table)
        self._connection.execute("INSERT INTO accounts VALUES (?, 0)", (ACCOUNT,))
        self._rows = msgspec.json.Decoder(list[_Row])
        self._text = msgspec.json.Encoder()
        self._known: list[_Row] = []
        self._quantities: list[Decimal] = []
        self._version = 0

    def close(self) -> None:
        self._connection.close()

    def sync(self, replies: Replies) -> None:
        """From the reply to the durable commit."""
        rows = self._rows.decode(replies.positions)
        changed = self._changed(rows) if self._known else self._adopted(rows)
        self._known = rows
        prices = [row.current_price for row in rows]
        value = sum(map(Decimal.__mul__, map(Decimal, prices), self._quantities))
        marks = dict(zip([row.symbol for row in rows], prices, strict=True))
        self._write(changed, value=str(value), marks=self._text.encode(marks))

    def _adopted(self, rows: list[_Row]) -> list[tuple[str, str, str, str]]:
        self._quantities = [Decimal(row.qty) for row in rows]
        return [(ACCOUNT, row.symbol, row.qty, row.avg_entry_price) for row in rows]

    def _changed(self, rows: list[_Row]) -> list[tuple[str, str, str, str]]:
        changed = []
        for place, (row, known) in enumerate(zip(rows, self._known, strict=True)):
            assert row.symbol == known.symbol, row.symbol
            if row.qty != known.qty or row.avg_entry_price != known.avg_entry_price:
                changed.append((ACCOUNT, row.symbol, row.qty, row.avg_entry_price))
                self._quantities[place] = Decimal(row.qty)
        return changed

    def _write(self, changed: list[tuple[str, str, str, str]], *, value: str, marks: bytes) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute(FENCE, (ACCOUNT,)).fetchone()
        assert version == self._version, "somebody else wrote first"
        connection.executemany(PUT_POSITION, changed)
        connection.execute(PUT_MARKS, (ACCOUNT, value, marks))
        connection.execute(ADVANCE, (ACCOUNT,))
        connection.execute("COMMIT")
        self._version = version + 1
