"""The journal: what it says about a run, and that no change of it passes."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.driving import Step, run
from tieout.core.activity import Activity, ActivityId
from tieout.core.book import Account, AccountId, Book
from tieout.core.errors import JournalError
from tieout.core.instrument import LedgerId
from tieout.core.journal import (
    GENESIS,
    Entry,
    check_chain,
    entries_of,
    facts_in,
    hash_of,
    ledger_after,
)
from tieout.core.policy import Policy
from tieout.core.snapshot import Holding, Snapshot

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
A, B = LedgerId("AAPL"), LedgerId("MSFT")


def fill(name: str, symbol: str, quantity: str, minute: int) -> Activity:
    return Activity(
        id=ActivityId(name), type="fill", symbol=symbol, quantity=Decimal(quantity),
        price=Decimal(100), at=NOON + timedelta(minutes=minute),
    )  # fmt: skip


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


STEPS = [
    Step(activities=(fill("f1", "AAPL", "10", 1), fill("f2", "MSFT", "5", 3)), now=at(5)),
    Step(activities=(fill("f3", "AAPL", "-4", 6),), now=at(7)),
    Step(
        snapshot=Snapshot(
            as_of=at(8),
            holdings=(
                Holding(symbol="AAPL", quantity="6", average_price="100"),
                Holding(symbol="MSFT", quantity="5", average_price="100"),
            ),
        ),
        now=at(9),
    ),
]


def written() -> tuple[list[Entry], Book]:
    """The journal of three runs, and the book they left."""
    book = Book(account=Account(id=AccountId("main"), venue="alpaca"))
    journal: list[Entry] = []
    for number, step in enumerate(STEPS, start=1):
        made = run(book, step, Policy())
        journal += entries_of(
            made.plan, account="main", before=book.ledgers, run=f"r{number}",
            sequence=len(journal), previous=journal[-1].hash if journal else GENESIS,
        )  # fmt: skip
        book = made.after
    return journal, book


JOURNAL, BOOK = written()


def test_a_run_writes_an_entry_for_each_ledger_and_one_for_itself():
    said = [(each.sequence, each.run, each.kind, each.ledger) for each in JOURNAL]
    assert said == [
        (1, "r1", "ledger", A), (2, "r1", "ledger", B), (3, "r1", "run", None),
        (4, "r2", "ledger", A), (5, "r2", "run", None),
        (6, "r3", "ledger", A), (7, "r3", "ledger", B), (8, "r3", "run", None),
    ]  # fmt: skip


def test_an_entry_says_when_it_happened_and_when_we_knew():
    assert [(each.happened_at, each.known_at) for each in JOURNAL[:5]] == [
        (at(1), at(5)), (at(3), at(5)), (at(5), at(5)), (at(6), at(7)), (at(7), at(7)),
    ]  # fmt: skip
    assert JOURNAL[7].happened_at == at(8)


def test_every_entry_follows_the_one_before_it():
    assert JOURNAL[0].previous == GENESIS
    assert [each.previous for each in JOURNAL[1:]] == [each.hash for each in JOURNAL[:-1]]
    assert check_chain(JOURNAL) == (8, JOURNAL[-1].hash)
    assert check_chain(JOURNAL[3:], previous=JOURNAL[2].hash, sequence=3) == (8, JOURNAL[-1].hash)
    assert check_chain([]) == (0, GENESIS)


def test_the_facts_and_ledgers_of_the_book_are_in_the_journal():
    facts = [fact for entry in JOURNAL for fact in facts_in(entry)]
    assert [fact.activity.id for fact in facts] == ["f1", "f2", "f3"]
    stored = {ledger.id: ledger for ledger in map(ledger_after, JOURNAL) if ledger is not None}
    assert stored == BOOK.ledgers
    assert facts_in(JOURNAL[2]) == ()
    assert ledger_after(JOURNAL[2]) is None


def test_the_same_run_gives_the_same_bytes():
    assert written()[0] == JOURNAL


# No change passes


OTHER = {
    "account": "other", "sequence": 99, "run": "r9", "kind": "run", "ledger": B,
    "happened_at": at(0), "known_at": at(0), "payload": "{}", "previous": "f" * 64,
    "hash": "0" * 64,
}  # fmt: skip


def first_wrong(entries) -> int:
    with pytest.raises(JournalError) as found:
        check_chain(entries)
    return found.value.sequence


@pytest.mark.parametrize("name", [item.name for item in fields(Entry)])
@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_changed_field_is_found_where_it_is(name, place):
    entries = list(JOURNAL)
    value = OTHER[name]
    if getattr(entries[place], name) == value:
        value = LedgerId("X") if name == "ledger" else "ledger"
    entries[place] = replace(entries[place], **{name: value})
    assert first_wrong(entries) == place + 1


def test_every_single_changed_letter_of_a_payload_is_found():
    payload = JOURNAL[3].payload
    for place in range(0, len(payload), 7):
        letter = "x" if payload[place] != "x" else "y"
        changed = replace(JOURNAL[3], payload=payload[:place] + letter + payload[place + 1 :])
        assert first_wrong([*JOURNAL[:3], changed, *JOURNAL[4:]]) == 4


def test_a_deleted_entry_is_found():
    for place in range(len(JOURNAL) - 1):
        assert first_wrong([*JOURNAL[:place], *JOURNAL[place + 1 :]]) == place + 1


def test_an_inserted_entry_is_found():
    for place in range(len(JOURNAL)):
        entries = [*JOURNAL[:place], JOURNAL[place], *JOURNAL[place:]]
        assert first_wrong(entries) == place + 2


def test_swapped_entries_are_found():
    for place in range(len(JOURNAL) - 1):
        entries = list(JOURNAL)
        entries[place], entries[place + 1] = entries[place + 1], entries[place]
        assert first_wrong(entries) == place + 1


def test_an_entry_that_was_hashed_anew_is_found_at_the_next():
    changed = rehashed(replace(JOURNAL[3], payload=JOURNAL[3].payload.replace("100", "101")))
    assert changed.payload != JOURNAL[3].payload
    assert first_wrong([*JOURNAL[:3], changed, *JOURNAL[4:]]) == 5


def test_a_beginning_that_was_cut_off_is_found():
    assert first_wrong(JOURNAL[1:]) == 1
    renumbered = [rehashed(replace(each, sequence=each.sequence - 1)) for each in JOURNAL[1:]]
    assert first_wrong(renumbered) == 1


def test_another_account_cannot_lend_its_entries():
    assert rehashed(replace(JOURNAL[0], account="other")).hash != JOURNAL[0].hash


def rehashed(entry: Entry) -> Entry:
    """The entry with a hash that fits what it says."""
    given = {item.name: getattr(entry, item.name) for item in fields(Entry) if item.name != "hash"}
    return replace(entry, hash=hash_of(**given))


def test_the_message_says_what_is_wrong():
    with pytest.raises(JournalError, match=r"^entry 2 is missing: the journal goes on with 3$"):
        check_chain([JOURNAL[0], *JOURNAL[2:]])
    loose = replace(JOURNAL[1], previous="f" * 64)
    with pytest.raises(JournalError, match=r"^entry 2 does not follow the entry before it$"):
        check_chain([JOURNAL[0], loose])
    changed = replace(JOURNAL[1], run="r9")
    with pytest.raises(JournalError, match=r"^entry 2 was changed after it was written$"):
        check_chain([JOURNAL[0], changed])
