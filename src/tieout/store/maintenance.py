"""What `tieout db` does with a database file: look at it, bring it up to date, copy it, tidy it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tieout.core.errors import StoreError
from tieout.store import migrations
from tieout.store.connections import Connections, is_writable, make
from tieout.store.errors import explained
from tieout.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database file. `revision` None is one without tables; `rows` are counted by table."""

    path: Path
    revision: str | None
    newest: str
    file_bytes: int
    log_bytes: int
    free_bytes: int
    rows: dict[str, int]

    @property
    def is_up_to_date(self) -> bool:
        return self.revision == self.newest


def describe(path: Path) -> Database:
    """What there is in a database file, older than this program or not; changes nothing."""
    with closing(_existing(path)) as connections, connections.reading() as connection:
        tables = [
            str(name)
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        page_bytes = _number(connection, "PRAGMA page_size")
        return Database(
            path=path,
            revision=migrations.revision_of(connection),
            newest=migrations.NEWEST,
            file_bytes=path.stat().st_size,
            log_bytes=_size(Path(f"{path.resolve()}-wal")),
            free_bytes=page_bytes * _number(connection, "PRAGMA freelist_count"),
            rows={
                name: _number(connection, f"SELECT count(*) FROM {name}") for name in sorted(tables)
            },
        )


def upgrade(path: Path) -> Database:
    """Bring a database file to the newest revision, as opening it does."""
    SqliteStore(path).close()
    return describe(path)


def backup(path: Path, target: Path) -> None:
    """Copy a database into a new file while it is in use; the copy is of one moment."""
    if target.exists():
        raise StoreError(f"{target} is there already; name a new file")
    with (
        closing(_existing(path)) as connections,
        connections.alone() as source,
        explained(f"the copy {target}"),
        closing(_new(target)) as copy,
    ):
        source.backup(copy)


def vacuum(path: Path) -> None:
    """Give back the space of what was deleted; needs as much free space for a moment."""
    with closing(_existing(path)) as connections, connections.alone() as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _new(target: Path) -> sqlite3.Connection:
    make(str(target))
    return sqlite3.connect(target)


def _existing(path: Path) -> Connections:
    if not path.is_file():
        raise StoreError(f"{path} is not there; a first run or `tieout db upgrade` makes it")
    return Connections(str(path), is_there=True, is_read_only=not is_writable(path))


def _number(connection: sqlite3.Connection, question: str) -> int:
    return int(connection.execute(question).fetchone()[0])


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
