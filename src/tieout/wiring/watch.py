"""What comes of runs, watched: logged, kept where no run could be, and told where it lasts."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from tieout.core.book import Account, AccountId
from tieout.core.breaks import Break
from tieout.core.errors import StoreError, VenueError, fault_of
from tieout.ports import Event, RunRecord, RunTrigger
from tieout.runs import Finished
from tieout.runs.alerts import Alerts, Patience
from tieout.runs.log import RunLog
from tieout.runs.records import FAILED, failure_payload
from tieout.runs.schedule import zone_of
from tieout.settings.values import connection_of
from tieout.wiring.desk import Desk


class Watch:
    """Watches the runs of a desk."""

    def __init__(self, desk: Desk, *, log: RunLog) -> None:
        self._desk = desk
        self._log = log
        self._alerts = Alerts(desk.store)

    def finished(self, finished: Finished) -> None:
        """A run came to a plan, good or not."""
        is_read = finished.record.outcome in ("applied", "partial")
        self._judge(finished.record, finished.after.open_breaks if is_read else None)

    def broken(self, account: AccountId, error: Exception, *, took: timedelta) -> None:
        """A run ended in an error; its record, if the store took one, is the latest."""
        took_ms = round(took / timedelta(milliseconds=1))
        self._log.failed(str(fault_of(error)), took_ms, wrong=error, account=account)
        try:
            latest = next(iter(self._desk.store.runs(account, limit=1)), None)
        except StoreError:
            return
        if latest is not None and latest.outcome == "failed":
            self._say_failed(latest)
            self._judge(latest, None)

    def unreached(
        self, connection: str, error: Exception, *, trigger: RunTrigger, started_at: datetime
    ) -> None:
        """A connection did not even say which accounts it has, and none of it is known."""
        account = AccountId(connection)
        now = self._desk.clock.now()
        took = now - started_at
        took_ms = round(took / timedelta(milliseconds=1))
        self._log.failed(str(error), took_ms, wrong=error, account=account)
        record = RunRecord(
            id=self._desk.parts.name_run(started_at),
            account=account,
            trigger=trigger,
            started_at=started_at,
            finished_at=now,
            outcome="failed",
            reason=f"{error.kind}: {error}" if isinstance(error, VenueError) else str(error),
            tied_out=False,
            errors=(str(error),),
        )
        venue = self._desk.settings.connection(connection).venue
        try:
            self._desk.store.record_run(Account(id=account, venue=venue), record, ())
        except StoreError as problem:
            self._log.unkept(str(problem))
            return
        self._say_failed(record)
        self._judge(record, None)

    def _say_failed(self, record: RunRecord) -> None:
        """Seed 000's event for a run that came to no plan."""
        at = record.finished_at
        payload = json.dumps(failure_payload(record.reason, at=at), ensure_ascii=False)
        event = Event(type=FAILED, at=at, payload=payload)
        try:
            self._desk.store.add_event(event, account=record.account)
        except StoreError as problem:
            self._log.unkept(str(problem))

    def reached(self, connection: str) -> None:
        """A connection answered; if people were told that it does not, that is over."""
        try:
            self._alerts.over(AccountId(connection), name=connection, at=self._desk.clock.now())
        except StoreError as problem:
            self._log.unkept(str(problem))

    def _judge(self, record: RunRecord, open_breaks: Mapping[str, Break] | None) -> None:
        try:
            self._alerts.after_run(
                record,
                open_breaks,
                name=self._desk.name_of(record.account),
                patience=self._patience(record.account),
            )
        except StoreError as problem:
            self._log.unkept(str(problem))

    def _patience(self, account: AccountId) -> Patience:
        settings = self._desk.settings
        name = connection_of(account)
        venue = next((each.venue for each in settings.connections if each.name == name), "local")
        policy = settings.policy_for(account, venue=venue)
        now, zone = self._desk.clock.now(), zone_of(settings.service.timezone)
        return Patience(
            failures=settings.alerts.after_failures,
            confirmations=policy.alert_confirmations,
            repeat_hours=float(settings.alerts.repeat_hours),
            is_expected=any(each.cover(name, now, zone=zone) for each in settings.alerts.quiet),
        )
