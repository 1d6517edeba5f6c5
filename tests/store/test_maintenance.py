"""What `tieout db` does with a file."""

import sqlite3
from pathlib import Path

import pytest

from store.plans import ACCOUNT, AT, MINUTE, commit_of, opening
from tieout.core.errors import StoreError
from tieout.store import SqliteStore, migrations, verify
from tieout.store.maintenance import backup, describe, upgrade, vacuum


def test_a_database_is_described(story_path: Path):
    found = describe(story_path)
    assert found.path == story_path
    assert found.is_up_to_date
    assert found.file_bytes == story_path.stat().st_size
    assert found.rows["journal"] == 13
    assert found.rows["positions"] == 3
    assert "sqlite_sequence" not in found.rows


def test_an_older_database_is_described_and_upgraded(tmp_path: Path):
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrations.upgrade(connection, place="the file", to="0001")
    connection.close()
    found = describe(path)
    assert (found.revision, found.is_up_to_date) == ("0001", False)
    assert "outbox" not in found.rows
    assert upgrade(path).is_up_to_date
    assert describe(path).rows["outbox"] == 0


def test_a_newer_database_is_described_and_not_upgraded(story_path: Path):
    connection = sqlite3.connect(story_path)
    connection.execute("UPDATE alembic_version SET version_num = '0099'")
    connection.commit()
    connection.close()
    assert describe(story_path).revision == "0099"
    with pytest.raises(StoreError, match="newer Tieout"):
        upgrade(story_path)


def test_a_backup_is_a_book_of_its_own(story: SqliteStore, tmp_path: Path):
    assert story.path is not None
    target = tmp_path / "copy.db"
    backup(story.path, target)
    plan = opening("MSFT", at=AT + 9 * MINUTE)
    story.commit(commit_of(story.load(ACCOUNT), plan, run="later"))
    copy = SqliteStore(target)
    assert copy.load(ACCOUNT).version == 6
    assert verify(copy, ACCOUNT.id).is_sound
    assert list(copy.entries(ACCOUNT.id)) == list(story.entries(ACCOUNT.id))[:13]
    copy.close()


def test_a_backup_overwrites_nothing(story_path: Path, tmp_path: Path):
    target = tmp_path / "precious.txt"
    target.write_text("precious")
    with pytest.raises(StoreError, match="is there already; name a new file"):
        backup(story_path, target)
    assert target.read_text() == "precious"


def test_a_backup_into_nowhere_says_so_and_leaves_nothing(story_path: Path, tmp_path: Path):
    with pytest.raises(StoreError, match=r"the copy .* cannot be opened"):
        backup(story_path, tmp_path / "missing" / "copy.db")


def test_vacuum_gives_space_back(story: SqliteStore):
    symbols = [f"S{number}" for number in range(2000)]
    plan = opening(*symbols, at=AT + 9 * MINUTE)
    story.commit(commit_of(story.load(ACCOUNT), plan, run="many"))
    with story.connections.alone() as connection:
        connection.execute("DELETE FROM journal WHERE sequence > 13")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert story.path is not None
    before = describe(story.path)
    assert before.free_bytes > 0
    vacuum(story.path)
    after = describe(story.path)
    assert after.free_bytes == 0
    assert after.file_bytes < before.file_bytes
    assert after.rows == before.rows
    events = [each.id for each in story.events()]
    assert events == [1, 2, 3]


def test_a_file_that_is_not_there_says_so(tmp_path: Path):
    for work in (describe, vacuum):
        with pytest.raises(StoreError, match="is not there; a first run or `tieout db upgrade`"):
            work(tmp_path / "book.db")
    assert upgrade(tmp_path / "book.db").is_up_to_date
