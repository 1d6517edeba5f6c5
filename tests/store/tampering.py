"""Changing a book behind the store's back, and what `verify` says first."""

from store.plans import ACCOUNT
from tieout.store import SqliteStore, verify


def change(store: SqliteStore, statement: str, *values: object) -> None:
    """Change something behind the store's back."""
    with store.connections.alone() as connection:
        connection.execute(statement, values)


def first_problem(store: SqliteStore):
    report = verify(store, ACCOUNT.id)
    assert not report.is_sound
    return report.problems[0]


def first_bad_entry(store: SqliteStore) -> int | None:
    report = verify(store, ACCOUNT.id)
    assert not report.is_sound
    return report.first_bad_entry
