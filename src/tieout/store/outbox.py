"""Events that were written with the run that caused them, to be published after it.

Ids only grow and are never used twice. Since one commit is written at a time, an event with a
lower id is never seen later than one with a higher: whoever has read up to an id can go on from
there, after a restart as well, and misses nothing.
"""

import sqlite3

from tieout.ports import StoredEvent
from tieout.store import statements
from tieout.store.rows import OutboxRow, event_of


def events(connection: sqlite3.Connection, *, after: int, limit: int) -> list[StoredEvent]:
    """The events after an id, oldest first."""
    found = connection.execute(statements.EVENTS, (after, limit))
    return [event_of(number, OutboxRow(*rest)) for number, *rest in found]


def last_event(connection: sqlite3.Connection) -> int:
    """The highest id that was ever given, 0 before the first; those forgotten count too."""
    (number,) = connection.execute(statements.LAST_EVENT).fetchone()
    return int(number)
