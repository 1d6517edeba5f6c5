"""When the disk or the file fails, the error says what to do, and the book is as it was."""

import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from store.plans import ACCOUNT, AT, MINUTE, commit_of, next_commit, opening, tell
from tieout.core.errors import JournalError, StoreError
from tieout.ports import AccountBusy, AlreadyServed
from tieout.store import SqliteStore, lease, open_store, verify
from tieout.store.errors import ADVICE, advice
from tieout.store.lease import FileLeases
from tieout.store.maintenance import backup

NOBODY = 65534


def many(store: SqliteStore):
    symbols = [f"S{number}" for number in range(2000)]
    plan = opening(*symbols, at=AT + 9 * MINUTE)
    return commit_of(store.load(ACCOUNT), plan, run="many")


def test_a_full_disk_keeps_nothing_of_the_run(story_path: Path):
    pages = sqlite3.connect(story_path).execute("PRAGMA page_count").fetchone()[0]
    store = SqliteStore(story_path, pragmas={"max_page_count": pages + 40})
    with pytest.raises(StoreError, match="has no space left; make some and run again"):
        store.commit(many(store))
    assert store.load(ACCOUNT).version == 6
    assert verify(store, ACCOUNT.id).problems == ()
    plan = opening("MSFT", at=AT + 9 * MINUTE)
    assert store.commit(commit_of(store.load(ACCOUNT), plan, run="small")) == 7
    store.close()
    store = SqliteStore(story_path)
    assert store.commit(many(store)) == 8
    store.close()


def test_a_file_that_may_not_be_written_says_so(story_path: Path):
    store = SqliteStore(story_path, pragmas={"query_only": 1})
    assert store.load(ACCOUNT).version == 6
    with pytest.raises(StoreError, match="cannot be written; check the permissions"):
        store.commit(many(store))
    with pytest.raises(StoreError, match="cannot be written"):
        store.record_run(ACCOUNT, next_commit(store, 1).run, ())
    assert store.load(ACCOUNT).version == 6
    store.close()


@pytest.fixture
def guarded(story_path: Path) -> Iterator[Path]:
    """The story in a folder that others may read; nothing is forbidden to root, so be another."""
    folder = Path(tempfile.mkdtemp())
    path = Path(shutil.copy(story_path, folder / "book.db"))
    path.chmod(0o444)
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    yield path
    if is_root:
        os.seteuid(0)
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_a_folder_that_may_not_be_written_says_so(guarded: Path):
    with pytest.raises(StoreError, match="check"):
        SqliteStore(guarded).load(ACCOUNT)


def test_a_book_that_may_only_be_read_is_read_and_verified(guarded: Path):
    store = SqliteStore(guarded, is_there=True, is_reading=True)
    assert store.load(ACCOUNT).version == 6
    assert len(store.runs(ACCOUNT.id)) == 6
    assert verify(store, ACCOUNT.id).is_sound
    with pytest.raises(StoreError, match="cannot be written; check the permissions"):
        store.commit(many(store))
    store.close()
    assert [each.name for each in guarded.parent.iterdir()] == ["book.db"]


def test_a_book_of_an_older_tieout_that_may_only_be_read_says_so(guarded: Path):
    is_root = os.geteuid() == 0 or os.getuid() == 0
    if is_root:
        os.seteuid(0)
    guarded.parent.chmod(0o755)
    guarded.chmod(0o644)
    with sqlite3.connect(guarded) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    guarded.chmod(0o444)
    guarded.parent.chmod(0o555)
    if is_root:
        os.seteuid(NOBODY)
    with pytest.raises(StoreError, match="older Tieout and may not be written; once, run `tieout"):
        SqliteStore(guarded, is_there=True, is_reading=True)


def test_an_empty_file_is_no_book_and_stays_empty(tmp_path: Path):
    path = tmp_path / "book.db"
    path.touch()
    with pytest.raises(StoreError, match="is empty, it is no book; `tieout sync` makes one"):
        SqliteStore(path, is_there=True)
    assert [(each.name, each.stat().st_size) for each in tmp_path.iterdir()] == [("book.db", 0)]


def test_what_is_left_of_a_book_that_was_taken_away_is_not_written_over(story_path: Path):
    store = SqliteStore(story_path)
    store.commit(many(store))
    story_path.unlink()
    with pytest.raises(StoreError, match=r"is gone, and book.db-wal, the last that was written"):
        SqliteStore(story_path)
    store.close()


def test_nothing_is_written_to_a_file_that_was_taken_away(story_path: Path):
    store = SqliteStore(story_path)
    ready = many(store)
    story_path.unlink()
    with pytest.raises(StoreError, match="was taken away; put it back and restart"):
        store.commit(ready)
    with pytest.raises(StoreError, match="was taken away"):
        store.record_run(ACCOUNT, ready.run, ())
    store.close()


@pytest.mark.parametrize("name", ["a book?mode=ro#1 100%.db", "büch…r.db"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str):
    store = SqliteStore(tmp_path / name)
    tell(store, runs=1)
    store.close()
    store = SqliteStore(tmp_path / name, is_there=True, is_reading=True)
    assert store.load(ACCOUNT).version == 1
    store.close()
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_new_book_is_for_its_owner_alone(tmp_path: Path):
    store = SqliteStore(tmp_path / "book.db")
    tell(store, runs=1)
    modes = {each.name: oct(each.stat().st_mode)[-3:] for each in tmp_path.glob("book.db*")}
    assert modes == {"book.db": "600", "book.db-wal": "600", "book.db-shm": "600"}
    store.close()
    backup(tmp_path / "book.db", tmp_path / "copy.db")
    assert oct((tmp_path / "copy.db").stat().st_mode)[-3:] == "600"


def test_a_lease_that_cannot_be_kept_says_so(guarded: Path):
    leases = FileLeases(guarded.with_name("book.db.leases"))
    with pytest.raises(StoreError, match="no run can be kept apart from others") as refused:
        leases.held(ACCOUNT.id).__enter__()
    assert not isinstance(refused.value, AccountBusy)


@contextmanager
def no_space() -> Iterator[None]:
    """Nothing more can be written to any file of this process."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_lease_is_had_on_a_full_disk_too_so_that_the_book_says_what_is_wrong(story_path: Path):
    leases = FileLeases(story_path.with_name("book.db.leases"))
    with leases.held(ACCOUNT.id):
        pass
    with no_space(), leases.held(ACCOUNT.id), pytest.raises(AccountBusy):
        leases.held(ACCOUNT.id).__enter__()


def test_a_disk_that_knows_no_locks_is_not_taken_for_another_run(
    story_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lease, "_lock", no_locks)
    leases = FileLeases(story_path.with_name("book.db.leases"))
    for held in (leases.held(ACCOUNT.id), leases.serving(AT)):
        with pytest.raises(StoreError, match=r"cannot be locked.*No locks available") as refused:
            held.__enter__()
        assert not isinstance(refused.value, AccountBusy | AlreadyServed)


def test_a_file_that_another_program_locks_says_so(story_path: Path):
    store = SqliteStore(story_path, busy_timeout_s=0)
    ready = many(store)
    other = sqlite3.connect(story_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked by another program; close that one or try again"):
        store.commit(ready)
    assert store.load(ACCOUNT).version == 6
    other.execute("ROLLBACK")
    assert store.commit(ready) == 7
    store.close()
    other.close()


def test_a_file_that_another_program_keeps_for_itself_says_so(story_path: Path):
    other = sqlite3.connect(story_path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="locked by another program"):
        SqliteStore(story_path, busy_timeout_s=0)
    other.close()


def test_a_file_that_is_no_database_says_so(tmp_path: Path):
    path = tmp_path / "book.db"
    path.write_bytes(b"account,symbol,quantity\n" * 100)
    with pytest.raises(StoreError, match="is not a database; name another file"):
        SqliteStore(path)
    assert path.read_bytes().startswith(b"account,symbol")


def test_a_damaged_file_says_so(story_path: Path):
    pages = story_path.read_bytes()
    story_path.write_bytes(pages[:8192] + b"\xff" * (len(pages) - 8192))
    with pytest.raises(StoreError, match="is damaged; put a backup in its place"):
        SqliteStore(story_path).load(ACCOUNT)


def test_a_folder_that_is_not_there_says_so(tmp_path: Path):
    with pytest.raises(StoreError, match=r"the folder of .* is not there; make it"):
        SqliteStore(tmp_path / "missing" / "book.db")


def test_a_folder_in_the_place_of_the_file_says_so(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be opened; check"):
        SqliteStore(tmp_path)


def test_a_ledger_that_cannot_be_read_is_named(story: SqliteStore):
    with story.connections.alone() as connection:
        connection.execute("UPDATE ledgers SET body = '{\"id\":1}' WHERE ledger = 'AAPL'")
    book = SqliteStore(story.path).load(ACCOUNT).book
    with pytest.raises(StoreError, match=r"the ledger AAPL cannot be read .* `tieout verify`"):
        book.ledgers["AAPL"]
    assert book.ledgers["BTC/USD"].id == "BTC/USD"


def test_a_book_that_cannot_be_read_is_named(story: SqliteStore):
    with story.connections.alone() as connection:
        connection.execute("UPDATE accounts SET state = 'nothing'")
    with pytest.raises(
        StoreError, match=r"the row of main in the table accounts cannot be read .*`tieout verify`"
    ):
        SqliteStore(story.path).load(ACCOUNT)


def test_an_entry_that_cannot_be_read_is_named(story: SqliteStore):
    with story.connections.alone() as connection:
        connection.execute("UPDATE journal SET known_at = 'today' WHERE sequence = 4")
    with pytest.raises(JournalError, match="entry 4 of main cannot be read") as wrong:
        list(story.entries(ACCOUNT.id))
    assert wrong.value.sequence == 4


def test_a_run_is_recorded_once(story: SqliteStore):
    record = next_commit(story, 1).run
    with pytest.raises(StoreError):
        story.record_run(ACCOUNT, record, ())
    assert len(story.runs()) == 6


def test_every_advice_says_what_to_do():
    for name, words in ADVICE.items():
        failure = sqlite3.OperationalError("as SQLite says it")
        failure.sqlite_errorname = f"{name}_SUBKIND"
        assert advice(failure) == f"{words} (as SQLite says it)"
    assert advice(sqlite3.InterfaceError("odd")) == (
        "gave an error: odd; if it was changed by hand, put a backup in its place"
    )


# Addresses


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite://:memory:"])
def test_a_database_in_memory_is_a_store(url: str):
    store = open_store(url)
    tell(store, runs=2)
    assert store.load(ACCOUNT).version == 2
    store.close()


def test_memory_is_a_store():
    store = open_store("memory://")
    tell(store, runs=2)
    assert store.load(ACCOUNT).version == 2


def test_a_relative_and_an_absolute_file_are_understood(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///book.db")
    tell(store, runs=1)
    store.close()
    store = open_store(f"sqlite:///{tmp_path}/book.db")
    assert store.load(ACCOUNT).version == 1
    store.close()


def test_postgresql_is_for_later():
    for url in ("postgresql://me:secret@host/books", "postgresql+psycopg://host/books"):
        with pytest.raises(StoreError, match="PostgreSQL come with a later release") as refused:
            open_store(url)
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["", "tieout.db", "mysql://me:secret@host/x", "sqlite:book.db"])
def test_another_address_is_refused_with_those_that_are_allowed(url: str):
    with pytest.raises(StoreError, match="use sqlite:///FILE") as refused:
        open_store(url)
    assert "secret" not in str(refused.value)
