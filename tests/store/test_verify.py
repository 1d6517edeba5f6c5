"""Whatever is changed behind the store's back is found, and the first bad entry is named."""

from collections.abc import Mapping
from random import Random

import pytest

from store.plans import ACCOUNT, AT, MINUTE, commit_of, opening
from store.tampering import change, first_bad_entry, first_problem
from tieout.core.errors import StoreError
from tieout.core.journal import hash_of
from tieout.store import Anchor, SqliteStore, anchor, verify
from tieout.store.evidence import LINK_BYTES
from tieout.store.rows import JournalRow, entry_of

SEED = 20261120
TEXTS = ("run", "kind", "ledger", "happened_at", "known_at", "previous", "hash")


@pytest.fixture
def store(story: SqliteStore) -> SqliteStore:
    return story


def journal(store: SqliteStore) -> list[JournalRow]:
    with store.connections.alone() as connection:
        found = connection.execute("SELECT * FROM journal ORDER BY sequence").fetchall()
    return [JournalRow._make(row) for row in found]


# The journal


def flipped(raw: bytes, place: int, random: Random) -> bytes:
    """The bytes with one bit of one of them changed; they need be no text any more."""
    return raw[:place] + bytes([raw[place] ^ (1 << random.randrange(8))]) + raw[place + 1 :]


def set_bytes(store: SqliteStore, sequence: int, column: str, raw: bytes) -> None:
    put_bytes = f"UPDATE journal SET {column} = CAST(? AS TEXT) WHERE sequence = ?"
    change(store, put_bytes, raw, sequence)


@pytest.mark.parametrize("column", TEXTS)
def test_a_flipped_byte_anywhere_in_a_row_is_found(store: SqliteStore, column: str):
    random = Random(SEED)
    row = journal(store)[4]
    assert row.sequence == 5
    raw = getattr(row, column).encode()
    for place in range(len(raw)):
        set_bytes(store, 5, column, flipped(raw, place, random))
        assert first_bad_entry(store) == 5, (column, place)
    set_bytes(store, 5, column, raw)
    assert verify(store, ACCOUNT.id).is_sound


def test_a_flipped_byte_anywhere_in_a_payload_is_found(store: SqliteStore):
    random = Random(SEED)
    rows = journal(store)
    for _ in range(150):
        row = random.choice(rows)
        raw = row.payload.encode()
        place = random.randrange(len(raw))
        set_bytes(store, row.sequence, "payload", flipped(raw, place, random))
        assert first_bad_entry(store) == row.sequence, place
        set_bytes(store, row.sequence, "payload", raw)


@pytest.mark.parametrize("value", [4, 6, 99, -5, "five"])
def test_a_changed_sequence_is_found(store: SqliteStore, value: object):
    if value in (4, 6):
        change(store, "DELETE FROM journal WHERE sequence = ?", value)
    change(store, "UPDATE journal SET sequence = ? WHERE sequence = 5", value)
    assert first_bad_entry(store) in ({4} if value == 4 else {1} if value == -5 else {5})


def test_a_changed_account_is_found(store: SqliteStore):
    change(store, "UPDATE journal SET account = 'mains' WHERE sequence = 5")
    assert first_bad_entry(store) == 5


def test_another_spelling_of_the_same_time_is_found(store: SqliteStore):
    change(store, "UPDATE journal SET known_at = replace(known_at, 'T', ' ') WHERE sequence = 5")
    assert first_bad_entry(store) == 5


def test_a_value_of_another_type_is_found(store: SqliteStore):
    change(store, "UPDATE journal SET payload = CAST(payload AS BLOB) WHERE sequence = 5")
    assert first_bad_entry(store) == 5


@pytest.mark.parametrize("sequence", [1, 7, 12])
def test_a_deleted_entry_is_found(store: SqliteStore, sequence: int):
    change(store, "DELETE FROM journal WHERE sequence = ?", sequence)
    assert first_bad_entry(store) == sequence


def put(store: SqliteStore, row: JournalRow) -> None:
    places = ", ".join("?" * len(row))
    change(store, f"INSERT INTO journal VALUES ({places})", *row)


def move_up(store: SqliteStore, first: int, by: int) -> None:
    change(store, "UPDATE journal SET sequence = -sequence - ? WHERE sequence >= ?", by, first)
    change(store, "UPDATE journal SET sequence = -sequence WHERE sequence < 0")


@pytest.mark.parametrize("sequence", [1, 6, 13])
def test_an_inserted_entry_is_found(store: SqliteStore, sequence: int):
    row = journal(store)[3]
    move_up(store, sequence, 1)
    put(store, row._replace(sequence=sequence))
    assert first_bad_entry(store) == sequence


def test_an_appended_entry_that_fits_the_chain_is_found(store: SqliteStore):
    last = journal(store)[-1]
    put(store, linked(last._replace(sequence=14), last.hash))
    assert first_bad_entry(store) == 14


def test_two_swapped_entries_are_found(store: SqliteStore):
    change(store, "UPDATE journal SET sequence = -1 WHERE sequence = 5")
    change(store, "UPDATE journal SET sequence = 5 WHERE sequence = 6")
    change(store, "UPDATE journal SET sequence = 6 WHERE sequence = -1")
    assert first_bad_entry(store) == 5


@pytest.mark.parametrize("left", [0, 5, 11, 12])
def test_a_tail_that_was_cut_off_is_found(store: SqliteStore, left: int):
    change(store, "DELETE FROM journal WHERE sequence > ?", left)
    assert first_bad_entry(store) == left + 1


@pytest.mark.parametrize("left", [5, 11, 12])
def test_a_tail_cut_off_with_the_head_moved_is_found(store: SqliteStore, left: int):
    head = journal(store)[left - 1].hash
    change(store, "DELETE FROM journal WHERE sequence > ?", left)
    change(store, "UPDATE accounts SET sequence = ?, head = ?", left, head)
    assert first_bad_entry(store) == left + 1


def test_a_tail_cut_off_with_its_runs_is_found_by_the_account(store: SqliteStore):
    head = journal(store)[11].hash
    change(store, "DELETE FROM journal WHERE sequence > 12")
    change(store, "DELETE FROM runs WHERE version = 6")
    change(store, "UPDATE accounts SET sequence = 12, head = ?", head)
    assert first_problem(store).place == "account"


def linked(row: JournalRow, previous: str) -> JournalRow:
    """The row with a hash that fits, as somebody would compute it who knows how."""
    entry = entry_of(row._replace(previous=previous))
    digest = hash_of(
        account=entry.account,
        sequence=entry.sequence,
        run=entry.run,
        kind=entry.kind,
        ledger=entry.ledger,
        happened_at=entry.happened_at,
        known_at=entry.known_at,
        payload=entry.payload,
        previous=previous,
    )
    return row._replace(previous=previous, hash=digest)


OTHER_NAMES = {"AAPL": "APPL", "TSLA": "TSLB"}


def relink(
    store: SqliteStore, sequence: int, edits: Mapping[str, str] = OTHER_NAMES
) -> list[JournalRow]:
    """Change an entry and compute every hash after it anew; the whole chain fits again."""
    rows = journal(store)
    payload = rows[sequence - 1].payload
    for old, new in edits.items():
        payload = payload.replace(old, new)
    rows[sequence - 1] = rows[sequence - 1]._replace(payload=payload)
    previous = rows[0].previous
    for place, row in enumerate(rows):
        rows[place] = linked(row, previous)
        previous = rows[place].hash
    change(store, "DELETE FROM journal")
    for row in rows:
        put(store, row)
    return rows


@pytest.mark.parametrize("sequence", [1, 5, 8])
def test_a_chain_that_was_computed_anew_is_found_by_the_runs(store: SqliteStore, sequence: int):
    rows = relink(store, sequence)
    assert first_bad_entry(store) == sequence
    change(store, "UPDATE accounts SET head = ?", rows[-1].hash)
    assert first_bad_entry(store) == sequence


def rewrite_anchors(store: SqliteStore, rows: list[JournalRow]) -> None:
    links = b"".join(bytes.fromhex(row.hash)[:LINK_BYTES] for row in rows)
    change(store, "UPDATE accounts SET head = ?", rows[-1].hash)
    change(
        store,
        "UPDATE runs SET links = substr(?, (first_sequence - 1) * 8 + 1,"
        " (last_sequence - first_sequence + 1) * 8)",
        links,
    )


def rewrite(store: SqliteStore, sequence: int, old: str, new: str) -> None:
    """Change an entry, and everything that is computed from it, as somebody would who knows how."""
    rewrite_anchors(store, relink(store, sequence, {old: new}))
    change(
        store,
        "UPDATE ledgers SET body = (SELECT json_extract(payload, '$.after') FROM journal"
        " WHERE journal.sequence = ledgers.sequence)",
    )


SUPERSEDED = [(1, '"b0b6"', '"b0b7"'), (2, "TSLA", "TSLB"), (3, '"BTC/USD"', '"BTC/USX"')]


@pytest.mark.parametrize(("sequence", "old", "new"), SUPERSEDED)
def test_a_rewriting_of_everything_is_found_by_the_next_entry_of_its_ledger(
    store: SqliteStore, sequence: int, old: str, new: str
):
    noted = anchor(store, ACCOUNT.id)
    rewrite(store, sequence, old, new)
    assert first_bad_entry(store) == sequence
    assert "otherwise" in first_problem(store).message
    assert verify(store, ACCOUNT.id, expected=noted).first_bad_entry == sequence


def test_only_an_anchor_kept_elsewhere_finds_a_rewriting_that_no_entry_contradicts(
    store: SqliteStore,
):
    noted = anchor(store, ACCOUNT.id)
    rewrite(store, 4, '"next_order":11', '"next_order":12')
    assert verify(store, ACCOUNT.id).first_bad_entry is None
    report = verify(store, ACCOUNT.id, expected=noted)
    assert report.first_bad_entry == 13
    assert "noted" in report.problems[0].message


def test_a_noted_anchor_holds_while_the_journal_grows(store: SqliteStore):
    noted = Anchor.read(anchor(store, ACCOUNT.id).text())
    store.commit(commit_of(store.load(ACCOUNT), opening("MSFT", at=AT + 9 * MINUTE), run="later"))
    assert verify(store, ACCOUNT.id, expected=noted).is_sound
    wrong = Anchor(noted.sequence, "0" * 64)
    assert verify(store, ACCOUNT.id, expected=wrong).first_bad_entry == 13
    beyond = Anchor(99, noted.head)
    assert verify(store, ACCOUNT.id, expected=beyond).first_bad_entry == 16


@pytest.mark.parametrize("text", ["", "13", "x:" + "0" * 64, "13:abc"])
def test_an_anchor_that_is_none_is_refused(text: str):
    with pytest.raises(StoreError, match="is no anchor"):
        Anchor.read(text)


def test_an_account_without_a_book_has_the_empty_anchor(store: SqliteStore):
    assert anchor(store, "nobody") == Anchor(0, "0" * 64)
    assert verify(store, "nobody", expected=Anchor(0, "0" * 64)).is_sound
