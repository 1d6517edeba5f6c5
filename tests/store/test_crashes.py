"""A process that dies in a commit leaves all of it or nothing, whatever it was doing."""

import shutil
import signal
from pathlib import Path

import pytest

from store.plans import ACCOUNT, STORY, next_commit, tell
from store.processes import start
from tieout.store import SqliteStore, verify
from tieout.store.written import POINTS


def test_a_commit_passes_all_points_in_order(empty_path: Path):
    passed: list[str] = []
    store = SqliteStore(empty_path, reached=passed.append)
    tell(store, runs=2)
    assert passed == [*POINTS, *POINTS]
    store.close()


@pytest.fixture(scope="module")
def begun_file(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story up to the run that is going to die."""
    path = tmp_path_factory.mktemp("begun") / "book.db"
    shutil.copy(empty_file, path)
    store = SqliteStore(path)
    tell(store, runs=2)
    store.close()
    return path


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("number", [1, 3])
def test_a_kill_leaves_all_or_nothing(empty_path: Path, begun_file: Path, number: int, point: str):
    path = empty_path if number == 1 else Path(shutil.copy(begun_file, empty_path))
    writer = start("commit", path, number, point)
    told, complaint = writer.communicate()
    assert (writer.returncode, told) == (-signal.SIGKILL, ""), complaint

    store = SqliteStore(path)
    version = store.load(ACCOUNT).version
    assert version == (number if point == "after_commit" else number - 1)
    assert len(store.runs()) == version
    assert verify(store, ACCOUNT.id).problems == ()
    for left in range(version + 1, len(STORY) + 1):
        store.commit(next_commit(store, left))
    assert verify(store, ACCOUNT.id).problems == ()
    assert [each.id for each in store.events()] == [1, 2, 3]
    store.close()


@pytest.mark.parametrize("point", [each for each in POINTS if each != "after_commit"])
def test_an_error_inside_a_commit_leaves_nothing_of_it(begun_file: Path, tmp_path: Path, point):
    path = Path(shutil.copy(begun_file, tmp_path / "book.db"))
    armed = [True]

    def reached(name: str) -> None:
        if name == point and armed:
            armed.clear()
            raise ZeroDivisionError(name)

    store = SqliteStore(path, reached=reached)
    with pytest.raises(ZeroDivisionError):
        store.commit(next_commit(store, 3))
    assert store.load(ACCOUNT).version == 2
    assert verify(store, ACCOUNT.id).problems == ()
    assert store.commit(next_commit(store, 3)) == 3
    assert verify(store, ACCOUNT.id).problems == ()
    store.close()


def test_what_was_acknowledged_is_on_the_disk(empty_path: Path):
    store = SqliteStore(empty_path)
    with store.connections.alone() as connection:
        modes = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "fullfsync", "checkpoint_fullfsync")
        ]
    assert modes == ["wal", 2, 1, 1]
    store.close()
