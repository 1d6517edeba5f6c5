"""What tells that anything was written, and what is remembered by it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tieout.ports import ApiKey, Event, Session, User
from tieout.store.memory import MemoryStore
from tieout.store.sqlite import SqliteStore

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
KEY = ApiKey(id="k1", name="bot", digest="d1", capabilities=frozenset({"read"}), created_at=AT)
USER = User(name="ada", password_hash="x", capabilities=frozenset({"read"}), created_at=AT)
SESSION = Session(digest="s1", user="ada", created_at=AT, expires_at=AT + timedelta(hours=1))
NEWS = Event(type="settings:changed", at=AT, payload="{}")


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "book.db")


@pytest.fixture
def other(store: SqliteStore) -> SqliteStore:
    """Another program with the same book."""
    return SqliteStore(store.path)


def test_reading_changes_nothing(store: SqliteStore) -> None:
    before = store.changes()
    assert store.accounts() == []
    assert store.events() == []
    assert store.changes() == before is not None


def test_every_commit_is_a_change_whoever_made_it(store: SqliteStore, other: SqliteStore) -> None:
    seen = [store.changes()]
    store.add_event(NEWS, account=None)
    seen.append(store.changes())
    other.add_event(NEWS, account=None)
    seen.append(store.changes())
    assert len({*seen}) == 3


def test_a_store_in_memory_cannot_tell() -> None:
    assert MemoryStore().changes() is None
    assert SqliteStore(None).changes() is None


def test_a_key_is_revoked_at_once_for_those_who_know_it(
    store: SqliteStore, other: SqliteStore
) -> None:
    store.add_key(KEY)
    assert store.key_of("d1") == store.key_of("d1") == KEY
    other.revoke_key("k1", at=AT)
    found = store.key_of("d1")
    assert found is not None
    assert found.revoked_at == AT


def test_a_key_that_was_not_there_is_found_once_it_is(
    store: SqliteStore, other: SqliteStore
) -> None:
    assert store.key_of("d1") is None
    other.add_key(KEY)
    assert store.key_of("d1") == KEY


def test_a_known_session_ends_when_it_expires(store: SqliteStore) -> None:
    store.put_user(USER)
    store.put_session(SESSION)
    assert store.session_of("s1", at=AT) == SESSION
    assert store.session_of("s1", at=SESSION.expires_at) is None


def test_a_known_session_ends_when_somebody_ends_it(store: SqliteStore, other: SqliteStore) -> None:
    store.put_user(USER)
    store.put_session(SESSION)
    assert store.session_of("s1", at=AT) == SESSION
    other.drop_session("s1")
    assert store.session_of("s1", at=AT) is None


def test_a_user_is_known_with_what_they_may_do_now(store: SqliteStore, other: SqliteStore) -> None:
    store.put_user(USER)
    assert store.user("ada") == USER
    other.drop_user("ada")
    assert store.user("ada") is None
