"""The suite of the BookStore port, run by every store there is."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ports.store import *  # noqa: F403
from ports.store_access import *  # noqa: F403
from ports.store_records import *  # noqa: F403
from tieout.ports import BookStore
from tieout.store import MemoryStore, SqliteStore


class Forgetful:
    """A SQLite file that is opened anew for every question, as separate commands do."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __getattr__(self, name: str):
        store = SqliteStore(self._path)
        if name in ("lease", "entries", "inspection", "close"):
            return getattr(store, name)

        def asked(*arguments, **named):
            try:
                return getattr(store, name)(*arguments, **named)
            finally:
                store.close()

        return asked


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "book.db"
    SqliteStore(path).close()
    return path


@pytest.fixture(params=["memory", "sqlite", "sqlite in memory", "sqlite opened anew"])
def store(request: pytest.FixtureRequest, empty_file: Path, tmp_path: Path) -> Iterator[BookStore]:
    path = Path(shutil.copy(empty_file, tmp_path / "book.db"))
    made = {
        "memory": MemoryStore,
        "sqlite": lambda: SqliteStore(path),
        "sqlite in memory": lambda: SqliteStore(None),
        "sqlite opened anew": lambda: Forgetful(path),
    }[request.param]()
    yield made
    made.close()
