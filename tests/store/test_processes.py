"""Several processes at one book: one of them writes at a time, and none overwrites another."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.plans import ACCOUNT, STORY, next_commit
from store.processes import go, line_of, start
from tieout.core.book import Account, AccountId
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
        told = "runs already: .* since 2026-11-20 15:00:00 UTC; end that one first"
        with pytest.raises(AlreadyServed, match=told):
            second.serving(since).__enter__()
        with second.lease(ACCOUNT.id):
            pass
    with second.serving(since):
        pass
    first.close()
    second.close()
