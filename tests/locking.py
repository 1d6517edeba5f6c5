"""A book that another program has locked, for tests of who has to wait for it."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tieout.store.sqlite import SqliteStore


@contextmanager
def locked(book: Path) -> Iterator[None]:
    """Another program writes, and takes its time."""
    with closing(sqlite3.connect(book, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def noticed(store: object, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once somebody begins to write."""
    assert isinstance(store, SqliteStore)
    connections, begun = store.connections, threading.Event()
    writing = connections.writing

    def noticing() -> object:
        begun.set()
        return writing()

    monkeypatch.setattr(connections, "writing", noticing)
    return begun
