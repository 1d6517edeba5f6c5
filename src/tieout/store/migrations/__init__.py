"""Bringing a database to the form this program knows, one revision after the other.

Opening a database that is up to date costs one query; Alembic and SQLAlchemy are loaded only
when there is something to do.
"""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import TYPE_CHECKING

from tieout.core.errors import StoreError
from tieout.store.connections import APPLICATION_ID

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0007"
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", NEWEST)


def revision_of(connection: sqlite3.Connection) -> str | None:
    """The revision a database is at, None for one that has no tables yet."""
    has_versions = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    ).fetchone()
    if not has_versions:
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if found is None else str(found[0])


def check(connection: sqlite3.Connection, *, place: str) -> str | None:
    """The revision, if the database is one that this program may use; StoreError if not."""
    revision = revision_of(connection)
    if revision is not None and revision not in REVISIONS:
        raise StoreError(
            f"{place} was written by a newer Tieout (revision {revision}, this one knows up to"
            f" {NEWEST}); upgrade Tieout, or name another file"
        )
    if revision is None and connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise StoreError(
            f"{place} is the database of another program; name a file that is new or Tieout's own"
        )
    return revision


def upgrade(
    connection: sqlite3.Connection,
    *,
    place: str,
    to: str = NEWEST,
    alone: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> None:
    """Bring the database to a revision in one transaction; whoever comes second finds it done.

    `alone` is held where that changes what an older Tieout made, until it is done.
    """
    from alembic import command
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with ExitStack() as held, engine.connect() as bound, bound.begin():
        connection.execute("BEGIN IMMEDIATE")  # after connecting, which ends transactions
        if check(connection, place=place) not in (None, to):
            held.enter_context(alone())
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        settings = configuration()
        settings.attributes["connection"] = bound
        command.upgrade(settings, to)


def configuration() -> "Config":
    """What Alembic needs to know, without a file."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", "tieout.store:migrations")
    return settings
