"""Rows that somebody changed, beside the journal: every one is found."""

from dataclasses import replace
from pathlib import Path

import pytest

from store.plans import AAPL, ACCOUNT, AT, MINUTE, REPLIES, commit_of, next_commit, opening
from store.tampering import change, first_bad_entry, first_problem
from tieout.ports import Event
from tieout.store import SqliteStore, verify
from tieout.store.codec import digest_of
from tieout.store.rows import program_version


@pytest.fixture
def store(story: SqliteStore) -> SqliteStore:
    return story


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE positions SET quantity = '11' WHERE symbol = 'AAPL'", "position"),
        ("UPDATE positions SET average_price = NULL WHERE symbol = 'AAPL'", "position"),
        ("UPDATE positions SET reconciliation = 'DRIFT' WHERE symbol = 'BTC/USD'", "position"),
        ("UPDATE positions SET realized = '{}' WHERE symbol = 'AAPL'", "position"),
        ("UPDATE positions SET base = '{}' WHERE symbol = 'AAPL'", "position"),
        ("DELETE FROM positions WHERE symbol = 'AAPL'", "position"),
        ("UPDATE positions SET episode = 'f7' WHERE symbol = 'AAPL'", "position"),
        ("UPDATE positions SET net = '1000' WHERE symbol = 'TSLA'", "position"),
        ("UPDATE positions SET reason = 'expiry' WHERE symbol = 'TSLA'", "position"),
        ("UPDATE positions SET seal = NULL WHERE symbol = 'TSLA'", "position"),
        ("UPDATE positions SET base = '{}' WHERE symbol = 'TSLA'", "position"),
        ("DELETE FROM positions WHERE symbol = 'TSLA'", "position"),
        ("UPDATE positions SET closed_at = NULL WHERE symbol = 'TSLA'", "position"),
        ("UPDATE ledgers SET body = replace(body, '\"6\"', '\"7\"')", "ledger"),
        ("UPDATE ledgers SET sequence = 1 WHERE ledger = 'AAPL'", "ledger"),
        ("UPDATE ledgers SET created = 9 WHERE ledger = 'AAPL'", "ledger"),
        ("UPDATE ledgers SET ledger = 'MSFT' WHERE ledger = 'AAPL'", "ledger"),
        ("DELETE FROM ledgers WHERE ledger = 'AAPL'", "ledger"),
        ("UPDATE closings SET gross = '999' WHERE caused_by = 'f4'", "closing"),
        ("UPDATE closings SET happened_at = known_at WHERE caused_by = 'f9'", "closing"),
        ("UPDATE closings SET funding = 'much' WHERE caused_by = 'u1'", "closing"),
        ("UPDATE closings SET run = 'another' WHERE caused_by = 'f9'", "closing"),
        ("DELETE FROM closings WHERE caused_by = 'f4'", "closing"),
        ("UPDATE activities SET digest = 'other' WHERE id = 'f1'", "activity"),
        ("UPDATE activities SET sequence = 99 WHERE id = 'f1'", "activity"),
        ("DELETE FROM activities WHERE id = 'f1'", "activity"),
        ("INSERT INTO activities VALUES ('main', 'f8', 'd8', 4)", "activity"),
        ("UPDATE marks SET body = replace(body, '132', '133')", "mark"),
        ("UPDATE marks SET digest = 'other'", "mark"),
        ("DELETE FROM marks", "mark"),
        ("UPDATE breaks SET status = 'ignored'", "break"),
        ("UPDATE breaks SET body = 'nothing'", "break"),
        ("UPDATE breaks SET body = replace(body, '\"-', '\"-1') WHERE NOT is_open", "break"),
        ("DELETE FROM breaks", "break"),
        ("UPDATE runs SET outcome = 'failed' WHERE version = 2", "run"),
        ("UPDATE runs SET tied_out = 1 WHERE version = 2", "run"),
        ("UPDATE runs SET head = 'x' WHERE version = 2", "run"),
        ("UPDATE runs SET links = NULL WHERE version = 2", "journal"),
        ("UPDATE runs SET closings_digest = NULL WHERE version = 2", "closing"),
        ("UPDATE runs SET marks_digest = 'x' WHERE version = 6", "mark"),
        ("DELETE FROM runs WHERE version = 2", "run"),
        ("DELETE FROM runs WHERE version = 6", "journal"),
        ("UPDATE accounts SET state = '{}'", "account"),
        ("UPDATE accounts SET version = 7", "account"),
        ("UPDATE accounts SET head = 'x'", "account"),
        ("UPDATE accounts SET ended_seal = '00'", "position"),
        ("DELETE FROM accounts", "account"),
        ("UPDATE accounts SET venue = 'ibkr'", "account"),
        ("UPDATE accounts SET currency = 'EUR'", "account"),
        ("UPDATE accounts SET history = 'partial'", "account"),
        ("UPDATE accounts SET cursor = 'page-9'", "account"),
        ("UPDATE accounts SET cursor = NULL", "account"),
        ("UPDATE runs SET account_digest = NULL WHERE version = 6", "account"),
        ("UPDATE instruments SET body = replace(body, 'spot', 'stock')", "instrument"),
        ("UPDATE instruments SET body = 'nothing'", "instrument"),
        ("DELETE FROM instruments", "instrument"),
        ("UPDATE breaks SET is_open = 1 - is_open", "break"),
        ("UPDATE runs SET statement = replace(statement, '[', '[1')", "run"),
        ("UPDATE runs SET errors = '[]'", "run"),
        ("UPDATE runs SET counts = '{}'", "run"),
        ("UPDATE runs SET venue_calls = 0", "run"),
        ("UPDATE runs SET started_at = finished_at", "run"),
        ("UPDATE runs SET started_by = 'schedule'", "run"),
        ("UPDATE runs SET errors = '[]', record_digest = NULL", "run"),
        ("UPDATE runs SET account_digest = 'x' WHERE version = 2", "run"),
        ("UPDATE runs SET instruments_digest = 'x' WHERE version = 2", "run"),
        ("UPDATE runs SET breaks_digest = 'x' WHERE version = 2", "run"),
        ("UPDATE runs SET marks_digest = 'x' WHERE version = 1", "run"),
        ("UPDATE runs SET program = '9.9' WHERE version = 2", "run"),
        ("UPDATE runs SET noted_digest = NULL WHERE version = 2", "run"),
        ("UPDATE evidence SET status = 500 WHERE number = 1", "evidence"),
        ("UPDATE evidence SET body = x'00' WHERE number = 2", "evidence"),
        ("UPDATE evidence SET number = number + 2", "evidence"),
        ("UPDATE evidence SET run = 'main-r2'", "evidence"),
        ("UPDATE evidence SET run = 'never'", "evidence"),
        ("UPDATE runs SET evidence_links = x'' WHERE version = 1", "evidence"),
        ("UPDATE outbox SET payload = '{}' WHERE run = 'main-r1'", "event"),
        ("UPDATE outbox SET type = 'run:held'", "event"),
        ("UPDATE outbox SET run = 'main-r6'", "event"),
    ],
)
def test_a_row_changed_by_hand_is_found(store: SqliteStore, statement: str, place: str):
    change(store, statement)
    assert place in {each.place for each in verify(store, ACCOUNT.id).problems}


NOTHING_NOTED = (
    "account_digest = NULL, instruments_digest = NULL, breaks_digest = NULL, record_digest = NULL,"
    " evidence_links = NULL, events_links = NULL, program = NULL, noted_digest = NULL"
)


def test_a_run_that_failed_is_not_changed_unnoticed(store: SqliteStore):
    record = replace(next(iter(store.runs())), id="failed")
    store.record_run(ACCOUNT, record, ())
    assert verify(store, ACCOUNT.id).is_sound
    change(store, "UPDATE runs SET reason = 'all is well' WHERE id = 'failed'")
    assert first_problem(store).message == "run failed was changed after it was written"


def test_runs_of_an_older_tieout_noted_nothing_of_the_account(store: SqliteStore):
    change(store, f"UPDATE runs SET {NOTHING_NOTED}")
    assert verify(store, ACCOUNT.id).is_sound


def test_changed_instruments_are_still_found_after_another_run(story_path: Path):
    store = SqliteStore(story_path)
    change(store, "UPDATE instruments SET body = replace(body, 'APPL', 'ABPL')")
    store.close()
    store = SqliteStore(story_path)
    store.commit(commit_of(store.load(ACCOUNT), opening("MSFT", at=AT + 9 * MINUTE), run="later"))
    assert first_problem(store).place == "instrument"
    store.close()


def test_a_run_after_an_upgrade_notes_the_instruments(story_path: Path):
    store = SqliteStore(story_path)
    change(store, f"UPDATE runs SET {NOTHING_NOTED}")
    store.close()
    store = SqliteStore(story_path)
    store.commit(commit_of(store.load(ACCOUNT), opening("MSFT", at=AT + 9 * MINUTE), run="later"))
    assert verify(store, ACCOUNT.id).is_sound
    change(store, "DELETE FROM instruments")
    assert first_problem(store).place == "instrument"
    store.close()


OF_BOOKS = (
    "ledgers", "positions", "journal", "closings", "breaks", "activities", "marks", "instruments",
)  # fmt: skip


@pytest.mark.parametrize("table", OF_BOOKS)
def test_rows_of_an_account_that_is_not_in_the_book_are_found(store: SqliteStore, table: str):
    change(store, f"CREATE TEMPORARY TABLE copied AS SELECT * FROM {table}")
    change(store, "UPDATE copied SET account = 'stranger'")
    change(store, f"INSERT INTO {table} SELECT * FROM copied")
    assert store.inspected() == [ACCOUNT.id, "stranger"]
    assert not verify(store, "stranger").is_sound


def test_an_account_that_was_deleted_is_still_looked_at(store: SqliteStore):
    change(store, "DELETE FROM accounts")
    assert store.accounts() == []
    assert store.inspected() == [ACCOUNT.id]
    assert first_problem(store).message == "the account is gone, its journal is there"


def test_a_run_that_wrote_nothing_makes_no_account(store: SqliteStore):
    record = replace(next(iter(store.runs())), id="failed", account="never read")
    store.record_run(replace(ACCOUNT, id="never read"), record, ())
    assert store.inspected() == [ACCOUNT.id]


def test_marks_changed_with_their_digest_are_found_by_the_run(store: SqliteStore):
    change(store, "UPDATE marks SET body = '{}', digest = ?", digest_of(b"{}"))
    assert first_problem(store).place == "mark"


def test_a_changed_row_is_named_with_its_columns(store: SqliteStore):
    change(store, "UPDATE positions SET quantity = '11', net = '0' WHERE symbol = 'AAPL'")
    problem = first_problem(store)
    assert problem.key == AAPL
    assert problem.message == "AAPL: quantity, net not as the journal says"
    assert problem.sequence is None


def test_replies_and_events_that_were_let_go_of_are_no_problem(store: SqliteStore):
    assert store.forget_evidence(AT + MINUTE) == 1
    assert store.forget_events(AT + 2 * MINUTE) > 0
    assert verify(store, ACCOUNT.id).problems == ()


def test_the_replies_of_a_run_that_failed_are_looked_at(store: SqliteStore):
    record = replace(next(iter(store.runs())), id="failed")
    store.record_run(ACCOUNT, record, REPLIES)
    assert verify(store, ACCOUNT.id).is_sound
    change(store, "UPDATE evidence SET call = 'GET /nothing' WHERE run = 'failed'")
    assert first_problem(store).place == "evidence"


def test_an_event_of_no_run_is_not_looked_at(store: SqliteStore):
    store.add_event(Event(type="system:error", at=AT, payload="{}"), account=ACCOUNT.id)
    assert verify(store, ACCOUNT.id).is_sound


def test_a_damaged_index_is_found(store: SqliteStore):
    change(store, "PRAGMA writable_schema = 1")
    change(store, "DELETE FROM sqlite_master WHERE name = 'journal_ledger'")
    change(store, "PRAGMA writable_schema = RESET")
    assert first_problem(store).place == "database"


def test_a_ledger_that_its_facts_do_not_give_is_found(store: SqliteStore):
    ledgers = dict(store.load(ACCOUNT).book.ledgers)
    report = verify(store, ACCOUNT.id, rebuild=lambda _facts: ledgers)
    assert report.is_sound
    asked: list[int] = []

    def without_apple(facts):
        asked.append(len(facts))
        return {key: ledger for key, ledger in ledgers.items() if key != AAPL}

    report = verify(store, ACCOUNT.id, rebuild=without_apple)
    assert [each.key for each in report.problems] == [AAPL]
    assert asked == [3]
    told = report.problems[0].message
    assert told.startswith(
        "AAPL: its facts give another position: they were changed, or the Tieout"
    )
    assert f"({program_version()}; this is {program_version()}) folded facts by other rules" in told


def test_a_book_whose_runs_noted_no_version_says_so(store: SqliteStore):
    change(store, f"UPDATE runs SET {NOTHING_NOTED}")
    report = verify(store, ACCOUNT.id, rebuild=lambda _facts: {})
    assert "wrote them (one that noted no version; this is" in report.problems[0].message


def test_problems_are_limited(store: SqliteStore):
    symbols = [f"S{number}" for number in range(300)]
    plan = opening(*symbols, at=AT + 9 * MINUTE)
    store.commit(commit_of(store.load(ACCOUNT), plan, run="many"))
    change(store, "UPDATE positions SET quantity = '0'")
    assert len(verify(store, ACCOUNT.id).problems) == 100


def test_another_account_is_not_blamed(store: SqliteStore):
    other = replace(ACCOUNT, id="other")
    store.commit(next_commit(store, 1, account=other))
    change(store, "DELETE FROM journal WHERE account = 'main' AND sequence = 3")
    assert verify(store, "other").is_sound
    assert first_bad_entry(store) == 3
