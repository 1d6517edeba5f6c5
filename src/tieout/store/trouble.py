"""A book that cannot be written is known by its last failed write, until as much is written again.

A transaction that is rolled back says nothing, as it writes nothing; and one that writes little
may fit into what is left where a run does not.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from tieout.core.errors import StoreError
from tieout.store.errors import advice

TRY_EVERY_S = 5.0
TRIED_BYTES = 64 * 1024  # about what a run writes
TRIED_KEY = ""  # no setting is called so
LASTING = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_CORRUPT")
PUT = "INSERT OR REPLACE INTO runtime_settings (key, value) VALUES (?, ?)"
DROP = "DELETE FROM runtime_settings WHERE key = ?"


class Trouble:
    """What the last write that failed said."""

    def __init__(self, place: str) -> None:
        self.problem: str | None = None
        self._place = place
        self._tried_at: float | None = None

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Notice a transaction that fails by the disk, not one that others hold up."""
        try:
            yield
        except sqlite3.Error as failure:
            if getattr(failure, "sqlite_errorname", "").startswith(LASTING):
                self.problem = advice(failure)
            raise

    def is_to_be_tried(self) -> bool:
        """Whether to find out now if it has passed; writing all the time would be load."""
        if self.problem is None:
            return False
        now = monotonic()
        if self._tried_at is not None and now - self._tried_at < TRY_EVERY_S:
            return False
        self._tried_at = now
        return True

    def refuse(self) -> None:
        """Raise StoreError while the book cannot be written."""
        if self.problem is not None:
            raise StoreError(f"{self._place} {self.problem}")
