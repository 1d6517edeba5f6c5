"""What the service remembers over a restart, in tables: settings, deliveries and notices."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tieout.core.book import AccountId
from tieout.ports import Delivery, Notice
from tieout.store import migrations
from tieout.store.codec import time_of, time_text
from tieout.store.connections import Connections
from tieout.store.trouble import DROP, PUT, TRIED_BYTES, TRIED_KEY

SETTINGS = "SELECT key, value FROM runtime_settings WHERE key <> ? ORDER BY key"
PUT_SETTING = (
    "INSERT INTO runtime_settings (key, value) VALUES (?, ?)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
DELIVERIES = "SELECT target, event, attempts, next_at, last_error FROM deliveries ORDER BY target"
PUT_DELIVERY = (
    "INSERT INTO deliveries (target, event, attempts, next_at, last_error) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (target) DO UPDATE SET event = excluded.event, attempts = excluded.attempts,"
    " next_at = excluded.next_at, last_error = excluded.last_error"
)
NOTICES = "SELECT key, account, digest, first_at, told_at, times FROM notices ORDER BY key"
PUT_NOTICE = (
    "INSERT INTO notices (key, account, digest, first_at, told_at, times)"
    " VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (key) DO UPDATE SET account = excluded.account, digest = excluded.digest,"
    " first_at = excluded.first_at, told_at = excluded.told_at, times = excluded.times"
)


class SqliteService:
    """Settings of run time, deliveries and notices of the ServiceStore."""

    connections: Connections

    def changes(self) -> int | None:
        return self.connections.changes()

    def _check_space(self) -> None:
        """After a write has failed: whether one succeeds again. Raises StoreError if not."""
        if self.connections.trouble.is_to_be_tried():
            with self.connections.writing() as connection:
                connection.execute(PUT, (TRIED_KEY, TRIED_BYTES * "x"))
            with self.connections.writing() as connection:
                connection.execute(DROP, (TRIED_KEY,))
            self.connections.trouble.problem = None
        self.connections.trouble.refuse()

    def runtime_settings(self) -> Mapping[str, str]:
        with self.connections.reading() as connection:
            return dict(connection.execute(SETTINGS, (TRIED_KEY,)))

    def put_runtime_settings(self, changed: Mapping[str, str | None]) -> None:
        put = [(key, value) for key, value in changed.items() if value is not None]
        gone = [(key,) for key, value in changed.items() if value is None]
        with self.connections.writing() as connection:
            connection.executemany("DELETE FROM runtime_settings WHERE key = ?", gone)
            connection.executemany(PUT_SETTING, put)

    def deliveries(self) -> Mapping[str, Delivery]:
        with self.connections.reading() as connection:
            found = connection.execute(DELIVERIES).fetchall()
        return {
            target: Delivery(
                target=target,
                event=event,
                attempts=attempts,
                next_at=_maybe_time(next_at),
                last_error=last_error,
            )
            for target, event, attempts, next_at, last_error in found
        }

    def put_delivery(self, delivery: Delivery) -> None:
        next_at = None if delivery.next_at is None else time_text(delivery.next_at)
        row = (delivery.target, delivery.event, delivery.attempts, next_at, delivery.last_error)
        with self.connections.writing() as connection:
            connection.execute(PUT_DELIVERY, row)

    def notices(self) -> Mapping[str, Notice]:
        with self.connections.reading() as connection:
            found = connection.execute(NOTICES).fetchall()
        return {
            key: Notice(
                key=key,
                account=AccountId(account),
                digest=digest,
                first_at=time_of(first_at),
                told_at=time_of(told_at),
                times=times,
            )
            for key, account, digest, first_at, told_at, times in found
        }

    def put_notice(self, notice: Notice) -> None:
        row = (
            notice.key, notice.account, notice.digest, time_text(notice.first_at),
            time_text(notice.told_at), notice.times,
        )  # fmt: skip
        with self.connections.writing() as connection:
            connection.execute(PUT_NOTICE, row)

    def drop_notices(self, keys: Sequence[str]) -> None:
        with self.connections.writing() as connection:
            connection.executemany("DELETE FROM notices WHERE key = ?", [(key,) for key in keys])


def memory_connections() -> Connections:
    """A database in memory with all tables."""
    connections = Connections(None)
    with connections.alone() as connection:
        migrations.upgrade(connection, place=connections.place)
    return connections


def _maybe_time(text: str | None) -> datetime | None:
    return None if text is None else time_of(text)
