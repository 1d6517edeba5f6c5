"""What SQLite complains about, as errors that say what to do next."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from tieout.core.errors import StoreError

ADVICE = {
    "SQLITE_BUSY": "is locked by another program; close that one or try again",
    "SQLITE_LOCKED": "is locked by another program; close that one or try again",
    "SQLITE_READONLY": "cannot be written; check the permissions of the file and of its folder",
    "SQLITE_PERM": "cannot be used; check the permissions of the file and of its folder",
    "SQLITE_AUTH": "cannot be used; check the permissions of the file and of its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check that its folder exists and may be written",
    "SQLITE_FULL": "has no space left; make some and run again",
    "SQLITE_TOOBIG": "cannot take a value of this size; split the account",
    "SQLITE_IOERR": "fails at the disk; make space there or check it, then run again",
    "SQLITE_CORRUPT": "is damaged; put a backup in its place (`tieout db backup` makes one)",
    "SQLITE_NOTADB": "is not a database; name another file, or put a backup in its place",
}


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn errors of the driver into StoreError; nothing of the transaction was kept."""
    try:
        yield
    except sqlite3.Error as failure:
        raise StoreError(f"{place} {advice(failure)}") from failure


def advice(failure: sqlite3.Error) -> str:
    """What went wrong and what to do; SQLite's own words where there is nothing to add."""
    name = getattr(failure, "sqlite_errorname", "")
    for known, words in ADVICE.items():
        if name.startswith(known):
            return f"{words} ({failure})"
    return f"gave an error: {failure}; if it was changed by hand, put a backup in its place"
