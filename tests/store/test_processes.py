"""Several processes at one book: one of them writes at a time, and none overwrites another."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from store.plans import ACCOUNT, STORY, next_commit
from store.processes import go, line_of, start
from tieout.core.book import Account, AccountId
from tieout.core.errors import StaleVersion, StoreError
from tieout.ports import AccountBusy, AlreadyServed
from tieout.store import SqliteStore, verify
from tieout.store.memory import MemoryStore


def test_of_two_processes_with_the_same_version_one_commits(empty_path: Path):
    rounds = 8
    racers = [start("race", empty_path, rounds) for _ in range(2)]
    for version in range(rounds):
        assert [line_of(each) for each in racers] == [str(version), str(version)]
        for each in racers:
            go(each)
        assert sorted(line_of(each) for each in racers) == ["committed", "stale"]
    for each in racers:
        assert each.communicate()[1] == ""
    store = SqliteStore(empty_path)
    assert store.load(ACCOUNT).version == rounds
    assert len(store.load(ACCOUNT).book.ledgers) == rounds
    assert verify(store, ACCOUNT.id).problems == ()
    store.close()


def test_processes_that_try_again_all_get_through(empty_path: Path):
    count = 15
    writers = [start("together", empty_path, count) for _ in range(3)]
    assert [line_of(each) for each in writers] == ["done"] * 3
    for each in writers:
        each.communicate()
    store = SqliteStore(empty_path)
    assert store.load(ACCOUNT).version == 3 * count
    assert verify(store, ACCOUNT.id).problems == ()
    store.close()


def test_threads_of_one_process_read_and_write_together(empty: SqliteStore):
    accounts = [replace(ACCOUNT, id=AccountId(f"a{number}")) for number in range(4)]

    def work(account: Account) -> int:
        for number in range(1, len(STORY) + 1):
            empty.commit(next_commit(empty, number, account=account))
            assert len(empty.runs(account.id)) == number
            assert empty.load(account).version == number
        return len(list(empty.entries(account.id)))

    with ThreadPoolExecutor(len(accounts)) as threads:
        assert list(threads.map(work, accounts)) == [13] * 4
    assert [each.id for each in empty.events()] == list(range(1, 13))
    assert all(verify(empty, account.id).is_sound for account in accounts)


def test_a_store_sees_what_another_one_wrote(empty_path: Path):
    one, other = SqliteStore(empty_path), SqliteStore(empty_path)
    assert other.load(ACCOUNT).version == 0
    writer = start("together", empty_path, 2)
    assert line_of(writer) == "done"
    writer.communicate()
    assert one.load(ACCOUNT).version == other.load(ACCOUNT).version == 2
    assert len(one.load(ACCOUNT).book.ledgers) == 2
    one.close()
    other.close()


def test_a_lease_is_held_against_other_processes_until_its_own_dies(empty_path: Path):
    holder = start("hold", empty_path)
    assert line_of(holder) == "held"
    store = SqliteStore(empty_path)
    with pytest.raises(AccountBusy, match=f"in process {holder.pid}"):
        store.lease(ACCOUNT.id).__enter__()
    holder.kill()
    holder.communicate()
    with store.lease(ACCOUNT.id):
        pass
    store.close()


def another_name(path: Path) -> Path:
    """A way to the same book from another folder, under another name."""
    other = path.parent / "elsewhere" / "mine.db"
    other.parent.mkdir()
    other.symlink_to(path)
    return other


def test_a_lease_is_one_whatever_name_leads_to_the_book(
    empty_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(empty_path.parent)
    ways = [empty_path, another_name(empty_path), Path("book.db"), Path("elsewhere/mine.db")]
    stores = [SqliteStore(each) for each in ways]
    since = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    for holder, other in permutations(stores, 2):
        with (
            holder.lease(ACCOUNT.id),
            pytest.raises(AccountBusy),
            other.lease(ACCOUNT.id),
        ):
            pass
        with (
            holder.serving(since),
            pytest.raises(AlreadyServed, match=f"{empty_path} is kept by"),
            other.serving(since),
        ):
            pass
    for each in stores:
        each.close()


def test_of_two_names_of_a_book_one_commits_a_version(empty_path: Path):
    one, other = SqliteStore(empty_path), SqliteStore(another_name(empty_path))
    late = next_commit(other, 1)
    assert one.commit(next_commit(one, 1)) == 1
    with pytest.raises(StaleVersion):
        other.commit(late)
    assert other.load(ACCOUNT).version == 1
    one.close()
    other.close()


def test_a_book_named_from_a_folder_stays_the_same_when_the_program_goes_elsewhere(
    empty_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(empty_path.parent)
    store = SqliteStore(Path("book.db"))
    monkeypatch.chdir("/")
    assert store.commit(next_commit(store, 1)) == 1
    assert store.load(ACCOUNT).version == 1
    store.close()


def test_a_book_that_has_two_names_on_the_disk_is_refused_under_both(empty_path: Path):
    other = empty_path.with_name("other.db")
    other.hardlink_to(empty_path)
    for each in (empty_path, other):
        with pytest.raises(StoreError, match=r"has 2 names \(hard links\).* take the others away"):
            SqliteStore(each)
    other.unlink()
    SqliteStore(empty_path).close()


def test_a_lease_that_is_given_back_is_free(empty_path: Path):
    holder = start("hold", empty_path)
    assert line_of(holder) == "held"
    go(holder)
    assert holder.communicate() == ("", "")
    store = SqliteStore(empty_path)
    with store.lease(ACCOUNT.id):
        pass
    store.close()


@pytest.mark.parametrize("is_in_memory", [False, True])
def test_a_book_has_one_service_and_the_second_hears_of_the_first(
    empty_path: Path, is_in_memory: bool
):
    since = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    first = MemoryStore() if is_in_memory else SqliteStore(empty_path)
    second = first if is_in_memory else SqliteStore(empty_path)
    with first.serving(since):
        told = rf"runs already .*: process {os.getpid()} since 2026-11-20 15:00:00 UTC; end that"
        with pytest.raises(AlreadyServed, match=told):
            second.serving(since).__enter__()
        with second.lease(ACCOUNT.id):
            pass
    with second.serving(since):
        pass
    first.close()
    second.close()
