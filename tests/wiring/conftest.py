"""A service on a stage, over a store in memory and over a file."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tieout.ports import Store
from tieout.store.memory import MemoryStore
from tieout.store.sqlite import SqliteStore
from wiring.scripted import Stage, staged


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    yield from staged(monkeypatch)


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "book.db")
    yield made
    made.close()


@pytest.fixture
def reopened(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same file again and again, as restarts do."""
    opened: list[SqliteStore] = []

    def opener() -> Store:
        opened.append(SqliteStore(tmp_path / "book.db"))
        return opened[-1]

    yield opener
    for each in opened:
        each.close()
