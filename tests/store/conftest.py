"""Books to start from, made once and copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.plans import tell
from tieout.store import SqliteStore


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without any book."""
    path = tmp_path_factory.mktemp("empty") / "book.db"
    SqliteStore(path).close()
    return path


@pytest.fixture(scope="session")
def story_file(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole story of `plans`."""
    path = tmp_path_factory.mktemp("story") / "book.db"
    shutil.copy(empty_file, path)
    store = SqliteStore(path)
    tell(store)
    store.close()
    return path


@pytest.fixture
def empty_path(empty_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(empty_file, tmp_path / "book.db"))


@pytest.fixture
def story_path(story_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(story_file, tmp_path / "book.db"))


@pytest.fixture
def empty(empty_path: Path) -> Iterator[SqliteStore]:
    """A store without any book, in a file of its own."""
    store = SqliteStore(empty_path)
    yield store
    store.close()


@pytest.fixture
def story(story_path: Path) -> Iterator[SqliteStore]:
    """A store with the whole story, in a file of its own."""
    store = SqliteStore(story_path)
    yield store
    store.close()
