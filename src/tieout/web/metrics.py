"""What Prometheus is told, computed from the book when it asks: right after a restart too."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tieout.core.book import Account
from tieout.core.errors import StoreError
from tieout.core.snapshot import FAILURE_KINDS
from tieout.notify.deliveries import WAITING_MAX
from tieout.runs.statistics import error_class_of
from tieout.web.events import EventHub
from tieout.wiring.service import Service

RUNS_LOOKED_AT = 200
ERROR_CLASSES = (*FAILURE_KINDS, "other")
AGES_S = (300, 3600, 86_400)


class BookCollector(Collector):
    """Reads the store for each scrape."""

    def __init__(self, service: Service, hub: EventHub) -> None:
        self._service = service
        self._hub = hub

    def collect(self) -> Iterable[Metric]:
        yield from self._of_stream()
        try:
            accounts = self._service.overseen()
            yield from self._of_runs(accounts)
            yield from self._of_breaks(accounts)
            yield self._of_settings(accounts)
            yield from self._of_deliveries()
            self._service.store.check()
            is_up = 1
        except StoreError:
            is_up = 0
        yield GaugeMetricFamily("tieout_store_up", "Whether the book can be used.", value=is_up)

    def _of_stream(self) -> Iterable[Metric]:
        counts = self._hub.counts
        yield GaugeMetricFamily("tieout_sse_clients", "Clients of events.", value=counts.clients)
        yield CounterMetricFamily(
            "tieout_sse_dropped", "Clients that stopped reading.", value=counts.dropped
        )
        yield GaugeMetricFamily(
            "tieout_outbox_lag_events",
            "Events that are written and not streamed yet.",
            value=self._hub.lag(),
        )

    def _of_runs(self, accounts: Iterable[Account]) -> Iterable[Metric]:
        runs = CounterMetricFamily("tieout_runs", "Runs.", labels=["account", "result"])
        tied = GaugeMetricFamily(
            "tieout_tied_out", "Whether the last run tied out.", labels=["account"]
        )
        took = GaugeMetricFamily(
            "tieout_last_run_seconds", "How long the last run took.", labels=["account"]
        )
        good = GaugeMetricFamily(
            "tieout_last_success_timestamp_seconds", "The last good run.", labels=["account"]
        )
        calls = GaugeMetricFamily(
            "tieout_venue_calls", "Calls of the last run.", labels=["account"]
        )
        recent = GaugeMetricFamily(
            "tieout_recent_runs",
            f"The last {RUNS_LOOKED_AT} runs by what came of them.",
            labels=["account", "outcome"],
        )
        errors = GaugeMetricFamily(
            "tieout_recent_run_errors",
            f"The failed ones of the last {RUNS_LOOKED_AT} runs, by what they failed by.",
            labels=["account", "class"],
        )
        for account in accounts:
            totals = self._service.totals(account.id)
            runs.add_metric([account.id, "successful"], totals.successful)
            runs.add_metric([account.id, "failed"], totals.failed)
            if totals.last_success_at is not None:
                good.add_metric([account.id], totals.last_success_at.timestamp())
            looked_at = self._service.store.runs(account.id, limit=RUNS_LOOKED_AT)
            for outcome, count in sorted(Counter(each.outcome for each in looked_at).items()):
                recent.add_metric([account.id, outcome], count)
            classes = Counter(error_class_of(each) for each in looked_at)
            for name in ERROR_CLASSES:
                errors.add_metric([account.id, name], classes[name])
            standing = self._service.standing(account.id)
            if standing is not None:
                tied.add_metric([account.id], int(bool(standing.tied_out)))
            if totals.last is not None:
                spent = totals.last.finished_at - totals.last.started_at
                took.add_metric([account.id], spent.total_seconds())
                calls.add_metric([account.id], totals.last.venue_calls)
        return (runs, tied, took, good, calls, recent, errors)

    def _of_breaks(self, accounts: Iterable[Account]) -> Iterable[Metric]:
        found = GaugeMetricFamily("tieout_breaks", "Open breaks by age.", labels=["account", "age"])
        now = self._service.timer.now()
        for account in accounts:
            ages = [_age(each.first_at, now) for each in self._service.store.breaks(account.id)]
            for age in ("new", *(f"over_{limit}s" for limit in AGES_S)):
                found.add_metric([account.id, age], ages.count(age))
        return (found,)

    def _of_settings(self, accounts: Iterable[Account]) -> Metric:
        """So that an alert can leave out what is not read any more."""
        retired = GaugeMetricFamily(
            "tieout_account_retired", "Whether it is not read any more.", labels=["account"]
        )
        settings = self._service.desk.settings
        for account in accounts:
            retired.add_metric([account.id], int(settings.is_retired(account.id)))
        return retired

    def _of_deliveries(self) -> Iterable[Metric]:
        waiting = GaugeMetricFamily(
            "tieout_delivery_waiting_events",
            f"Events that a target was not told of yet, of the next {WAITING_MAX}.",
            labels=["target"],
        )
        oldest = GaugeMetricFamily(
            "tieout_delivery_oldest_waiting_seconds",
            "Age of the oldest event that a target was not told of yet; 0 for none.",
            labels=["target"],
        )
        good = GaugeMetricFamily(
            "tieout_delivery_last_success_timestamp_seconds",
            "When a target last took an event, since the start.",
            labels=["target"],
        )
        now = self._service.timer.now()
        for each in self._service.deliveries.lags():
            age = now - (each.oldest_at or now)
            waiting.add_metric([each.target], each.waiting)
            oldest.add_metric([each.target], max(0.0, age.total_seconds()))
            if each.last_success_at is not None:
                good.add_metric([each.target], each.last_success_at.timestamp())
        return (waiting, oldest, good)


def _age(first_at: datetime, now: datetime) -> str:
    seconds = (now - first_at).total_seconds()
    passed = [limit for limit in AGES_S if seconds >= limit]
    return f"over_{passed[-1]}s" if passed else "new"


def metrics_text(service: Service, hub: EventHub) -> tuple[str, str]:
    """The metrics and their content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(BookCollector(service, hub))
    return generate_latest(registry).decode(), CONTENT_TYPE_LATEST
