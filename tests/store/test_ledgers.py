"""Books kept between runs, and ledgers that are read when somebody looks."""

import json
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy.dialects import postgresql

from core.histories import history
from store.plans import (
    AAPL,
    ACCOUNT,
    AT,
    BTC,
    COIN,
    MINUTE,
    STOCK,
    TSLA,
    commit_of,
    next_commit,
    opening,
    tell,
    totals,
)
from tieout.core.book import AccountId, Book
from tieout.core.codec import canonical, from_plain, to_plain
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.position import Ledger
from tieout.store import SqliteStore
from tieout.store.codec import ledger_in, read_ledger, read_marks, state_in, time_of
from tieout.store.kept import Kept, Shelf, merged
from tieout.store.ledgers import ReadLedgers
from tieout.store.tables import metadata

SEEDS = range(40)


def texts(book: Book) -> dict[LedgerId, Ledger | str]:
    return {key: canonical(to_plain(ledger)) for key, ledger in book.ledgers.items()}


def reading(book: Book) -> ReadLedgers:
    found = texts(book)
    return ReadLedgers(found, texts=len(found))


def test_a_ledger_is_decoded_when_somebody_looks(story: SqliteStore):
    book = story.load(ACCOUNT).book
    found = reading(book)
    assert list(found) == [AAPL, TSLA, BTC]
    assert len(found) == 3
    assert TSLA in found
    assert "MSFT" not in found
    assert found.fastest is found
    assert found[TSLA] == book.ledgers[TSLA]
    assert found[TSLA] is found[TSLA]
    assert found.fastest is found
    assert dict(found) == dict(book.ledgers)
    assert found.fastest == dict(book.ledgers)
    assert isinstance(found.fastest, dict)
    with pytest.raises(KeyError):
        found[LedgerId("MSFT")]


def test_changes_leave_the_ledgers_before_them_as_they_were(story: SqliteStore):
    book = story.load(ACCOUNT).book
    found = reading(book)
    renewed = replace(book.ledgers[AAPL], misses=7)
    changed = found.with_changes({AAPL: renewed, LedgerId("MSFT"): renewed})
    assert found[AAPL] == book.ledgers[AAPL]
    assert changed[AAPL] is renewed
    assert list(changed) == [AAPL, TSLA, BTC, "MSFT"]
    assert changed[TSLA] == found[TSLA]
    assert changed[BTC] == found[BTC]
    assert isinstance(changed.fastest, dict)


def test_the_fast_reader_reads_what_the_core_reads(story: SqliteStore):
    for ledger in story.load(ACCOUNT).book.ledgers.values():
        text = canonical(to_plain(ledger))
        assert read_ledger(text) == from_plain(Ledger, json.loads(text)) == ledger
        assert canonical(to_plain(read_ledger(text))) == text


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fast_reader_reads_every_instrument(seed: int):
    for instrument in history(Random(seed)).instruments:
        ledger = Ledger(id=LedgerId("x"), instrument=instrument, kept=("1", None), booked=(1, 2))
        assert read_ledger(canonical(to_plain(ledger))) == ledger


def test_texts_are_taken_out_of_an_entry_as_they_are(story: SqliteStore):
    for entry in story.entries(ACCOUNT.id):
        material = json.loads(entry.payload)
        if entry.ledger is None:
            assert state_in(entry.payload) == canonical(material["state"])
        else:
            assert ledger_in(entry.payload) == canonical(material["after"])
    assert ledger_in('{"after":null,"before":null}') is None


def test_marks_of_an_older_program_lack_the_latest_fields():
    (held,) = read_marks('{"AAPL": ["AAPL", "10"]}').values()
    assert (held.symbol, held.quantity, held.price) == ("AAPL", "10", None)


@pytest.mark.parametrize("text", ["2026-11-20 15:00:00+00:00", "2026-11-20T15:00:00Z", "today"])
def test_a_time_is_written_in_one_way(text: str):
    with pytest.raises(ValueError, match=r"time|isoformat"):
        time_of(text)


def test_an_unchanged_book_is_not_read_again(story: SqliteStore):
    first = story.load(ACCOUNT).book
    assert first.ledgers[AAPL].quantity == 6
    again = story.load(ACCOUNT).book
    assert again.ledgers is first.ledgers
    assert again.marks is first.marks
    plan = opening("MSFT", at=AT + 9 * MINUTE)
    story.commit(commit_of(story.load(ACCOUNT), plan, run="next"))
    after = story.load(ACCOUNT).book
    assert after.ledgers[AAPL] is first.ledgers[AAPL]
    assert "MSFT" not in first.ledgers


def test_what_another_store_wrote_is_read(story: SqliteStore):
    story.load(ACCOUNT)
    assert story.path is not None
    other = SqliteStore(story.path)
    plan = opening("MSFT", at=AT + 9 * MINUTE)
    other.commit(commit_of(other.load(ACCOUNT), plan, run="next"))
    other.close()
    assert "MSFT" in story.load(ACCOUNT).book.ledgers
    assert story.load(ACCOUNT).version == 7


def test_an_unchanged_position_is_not_written_again(story: SqliteStore):
    written: list[str] = []
    with story.connections.alone() as connection:
        connection.create_function("note", 1, written.append)
        connection.execute(
            "CREATE TEMP TRIGGER noting AFTER UPDATE ON positions BEGIN SELECT note(new.ledger);"
            " END"
        )
    stored = story.load(ACCOUNT)
    ledgers = {key: replace(each, misses=3) for key, each in stored.book.ledgers.items()}
    ledgers[BTC] = replace(ledgers[BTC], reconciliation="DRIFT")
    plan = replace(opening(at=AT + 9 * MINUTE), ledgers=ledgers)
    story.commit(commit_of(stored, plan, run="next"))
    assert written == [BTC]
    assert story.load(ACCOUNT).book.ledgers == ledgers


def test_the_number_of_statements_does_not_grow_with_the_rows(empty: SqliteStore):
    counts = []
    for size in (10, 1000):
        asked: list[str] = []
        symbols = [f"S{size}-{number}" for number in range(size)]
        stored = empty.load(ACCOUNT)
        ready = commit_of(stored, opening(*symbols, at=AT + size * MINUTE), run=f"r{size}")
        with empty.connections.alone() as connection:
            connection.set_trace_callback(asked.append)
        empty.commit(ready)
        with empty.connections.alone() as connection:
            connection.set_trace_callback(None)
        counts.append(len({statement.split("VALUES")[0] for statement in asked}))
    assert counts[0] == counts[1]


def test_the_longest_unused_book_is_given_up():
    shelf = Shelf(ledgers_max=5)
    kept = Kept(book=Book(account=ACCOUNT), ledgers=ReadLedgers({AAPL: "", TSLA: ""}, texts=2))
    one, two, three = (AccountId(name) for name in ("one", "two", "three"))
    shelf.put(one, kept)
    shelf.put(two, kept)
    assert shelf.get(one, version=0) is kept
    shelf.put(three, kept)
    assert shelf.get(two, version=0) is None
    assert shelf.get(one, version=0) is kept
    assert shelf.get(three, version=1) is None
    huge = Kept(book=kept.book, ledgers=ReadLedgers(dict.fromkeys("abcdefgh", ""), texts=8))
    shelf.put(two, huge)
    assert shelf.get(two, version=0) is huge
    assert shelf.get(one, version=0) is None
    shelf.drop(two)
    assert shelf.get(two, version=0) is None


def test_instruments_are_merged_by_symbol_and_id():
    bare = Instrument(symbol="AAPL")
    other = Instrument(symbol="AAPL", venue_ids=("other",))
    both = Instrument(symbol="AAPL", venue_ids=("b0b6", "b0b7"))
    assert merged((STOCK, COIN), ()) == (STOCK, COIN)
    assert merged((STOCK, COIN), (COIN,)) == (STOCK, COIN)
    assert merged((STOCK, COIN), (other,)) == (STOCK, COIN, other)
    assert merged((STOCK, COIN), (both,)) == (COIN, both)
    assert merged((bare,), (STOCK,)) == (STOCK,)
    assert merged((STOCK, other), (bare,)) == (bare,)


def test_columns_for_people_say_what_the_position_says(story: SqliteStore):
    with story.connections.reading() as connection:
        rows = connection.execute(
            "SELECT symbol, quantity, average_price, status, gross, fees, net, closed_at, reason,"
            " estimated FROM positions ORDER BY symbol"
        ).fetchall()
    assert rows[0] == (
        "AAPL", "6", "100.055555555555555556", "REDUCED", "120", "1.25", "118.75", None, None, None
    )  # fmt: skip
    assert rows[2][:2] == ("TSLA", "0")
    assert rows[2][3:] == (
        "CLOSED", "-45.5", "1.25", "-46.75", "2026-11-20T15:02:00+00:00", "fill", 0
    )  # fmt: skip


def test_numbers_are_texts_in_every_column(story: SqliteStore):
    with story.connections.reading() as connection:
        for name in ("positions", "closings"):
            exact = [each.name for each in metadata.tables[name].columns if "NUMERIC" in _pg(each)]
            assert exact
            for column in exact:
                kinds = connection.execute(f"SELECT DISTINCT typeof({column}) FROM {name}")
                assert {kind for (kind,) in kinds} <= {"text", "null"}, column


def _pg(column) -> str:
    return str(column.type.compile(dialect=postgresql.dialect()))


def test_an_incomplete_closing_has_no_net(empty: SqliteStore):
    tell(empty, runs=1)
    commit = next_commit(empty, 2)
    known = commit.plan.changes[0].closings[0]
    unknown = replace(known, gross=None, price=None)
    held = replace(
        commit.plan.ledgers[AAPL],
        totals=totals(unknown),
        position=replace(commit.plan.ledgers[AAPL].position, totals=totals(unknown)),
    )
    changes = (replace(commit.plan.changes[0], realized=totals(unknown), closings=(unknown,)),)
    plan = replace(commit.plan, ledgers={AAPL: held}, changes=changes)
    empty.commit(commit_of(empty.load(ACCOUNT), plan, run="r2"))
    with empty.connections.reading() as connection:
        (row,) = connection.execute("SELECT gross, fees, net, incomplete FROM closings").fetchall()
        assert row == (None, "1.25", None, 1)
        question = "SELECT gross, fees, net, incomplete FROM positions WHERE symbol = 'AAPL'"
        assert connection.execute(question).fetchone() == (None, "1.25", None, 1)
    (line,) = empty.realized(ACCOUNT.id)
    assert line.figures == unknown.figures
