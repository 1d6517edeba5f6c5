"""Connections to one SQLite database: one that writes, and as many readers as are busy at once.

The database is in WAL mode, so readers never wait for the writer. `synchronous = FULL` brings
every commit to the disk before it counts: what was acknowledged survives a power cut.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tieout.store.errors import explained
from tieout.store.trouble import Trouble

APPLICATION_ID = 0x54_49_45_4F  # "TIEO", in the header of the file
IDLE_READERS_MAX = 8
LOG_BYTES_MAX = 64 * 1024 * 1024
BUSY_TIMEOUT_S = 10.0
CACHE_KIB = 16 * 1024

PRAGMAS: Mapping[str, str | int] = {
    "synchronous": "FULL",
    "fullfsync": 1,  # on macOS a plain fsync does not reach the disk
    "checkpoint_fullfsync": 1,
    "journal_size_limit": LOG_BYTES_MAX,
    "cache_size": -CACHE_KIB,
    "temp_store": "MEMORY",
    "trusted_schema": 0,
}


class Connections:
    """Transactions on one database; `path` None is one in memory, which has one connection.

    A file that is not there is made, for this user alone; with `is_there` it is left as it is,
    and so is an empty one. With `is_read_only` nothing at all is written, beside the file either.
    `pragmas` are set on every connection after our own, for those who know their disk (and for
    tests that need a full one).
    """

    def __init__(
        self,
        path: str | None,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        pragmas: Mapping[str, str | int] | None = None,
        is_there: bool = False,
        is_read_only: bool = False,
    ) -> None:
        self.path = path
        self._is_there = is_there or is_read_only
        self._address = _address(path, is_there=self._is_there, is_read_only=is_read_only)
        self.place = "the book in memory" if path is None else f"the book {path}"
        self.trouble = Trouble(self.place)
        self._busy_timeout_s = busy_timeout_s
        self._pragmas = {**PRAGMAS, **(pragmas or {})}
        self._one_writer = threading.RLock()  # a nested transaction fails, and does not hang
        self._idle: list[sqlite3.Connection] = []
        self._watching: sqlite3.Connection | None = None
        with explained(self.place):
            if path is not None and not self._is_there:
                make(path)
            self.writer = self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._address,
            uri=True,
            timeout=self._busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            if not self._is_there and _is_ours(connection):
                connection.execute("PRAGMA journal_mode = WAL")
            for name, value in self._pragmas.items():
                connection.execute(f"PRAGMA {name} = {value}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that may write; it commits unless an error leaves the context."""
        with self._one_writer, explained(self.place), self.trouble.noticed():
            self.writer.execute("BEGIN IMMEDIATE")
            with _ended(self.writer):
                yield self.writer

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One transaction that sees the database as it is when it starts to read."""
        if self.path is None:
            with self.writing() as connection:
                yield connection
            return
        with explained(self.place):
            connection = self._reader()
            try:
                connection.execute("BEGIN")
                with _ended(connection):
                    yield connection
            finally:
                self._give_back(connection)

    @contextmanager
    def alone(self) -> Iterator[sqlite3.Connection]:
        """The writer outside of any transaction, for what SQLite does not do inside one."""
        with self._one_writer, explained(self.place):
            yield self.writer

    def changes(self) -> int | None:
        """Another number after every commit of any connection and process; None in memory.

        SQLite tells a connection of the commits of others, so one that never writes is asked.
        """
        if self.path is None:
            return None
        with explained(self.place):
            if self._watching is None:
                self._watching = self._reader()
            (number,) = self._watching.execute("PRAGMA data_version").fetchone()
        return int(number)

    def _reader(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            connection = self._connect()
            connection.execute("PRAGMA query_only = 1")
            return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < IDLE_READERS_MAX:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close everything; the last one to leave tidies the log away."""
        while self._idle:
            self._idle.pop().close()
        if self._watching is not None:
            self._watching.close()
            self._watching = None
        self.writer.close()


def application_of(connection: sqlite3.Connection) -> int:
    """The number by which a program marks its databases; ours are APPLICATION_ID."""
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Whether it is a book or empty; WAL is written into the file, not into one of others."""
    is_empty = connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    return is_empty or application_of(connection) == APPLICATION_ID


def _address(path: str | None, *, is_there: bool, is_read_only: bool) -> str:
    """What SQLite opens. Where it may write nothing it reads a file without a log as it lies."""
    if path is None:
        return ":memory:"
    address = Path(path).absolute().as_uri()
    if is_read_only:
        has_log = Path(f"{path}-wal").exists()
        return f"{address}?mode=ro" if has_log else f"{address}?mode=ro&immutable=1"
    return f"{address}?mode=rw" if is_there else address


def make(path: str) -> None:
    """An empty file that only its owner may read: a book has hashes of passwords and keys."""
    with suppress(OSError):  # SQLite says what is wrong, if it is
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def is_writable(path: Path) -> bool:
    """Whether this user may write a file (there or not), and what SQLite keeps beside it."""
    places = [path.absolute().parent, *([path] if path.exists() else [])]
    as_us = {"effective_ids": True} if os.access in os.supports_effective_ids else {}
    return all(os.access(each, os.W_OK, **as_us) for each in places)


@contextmanager
def _ended(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit, or roll back when anything goes wrong, a commit that failed included."""
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
