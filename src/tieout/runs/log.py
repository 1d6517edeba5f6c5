"""What is said of runs in the log, in the words of seed 000, each with its facts as fields."""

from collections.abc import Iterable
from contextlib import suppress
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, Protocol

from tieout.core.errors import NumberError, TieoutError, UnexpectedError
from tieout.core.numbers import exact, normal, plain
from tieout.core.plan import Change
from tieout.core.snapshot import Holding
from tieout.ports import RunTrigger
from tieout.runs.order import Finished
from tieout.runs.statistics import duration_ms

if TYPE_CHECKING:
    from tieout.core.book import AccountId

JOB = "[PositionReconciliation]"
SYNC = "[Sync]"
CREATED = ("created",)
REMOVED = ("closed",)
QUIET = ("missing", "invalid")
DIGITS = 8


class Logger(Protocol):
    """The part of structlog's logger that is used."""

    def info(self, event: str, **facts: Any) -> Any: ...
    def warning(self, event: str, **facts: Any) -> Any: ...
    def error(self, event: str, **facts: Any) -> Any: ...


class RunLog:
    """Says what runs do."""

    def __init__(self, logger: Logger) -> None:
        self._log = logger

    def scheduled(self, words: str) -> None:
        """The schedule has begun."""
        self._log.info(f"{JOB} Cron job started - syncing {_sentence(words)}", schedule=words)

    def is_scheduled_already(self) -> None:
        """Somebody started what runs."""
        self._log.warning(f"{JOB} Job already running, ignoring start request")

    def skipped(self, account: "AccountId") -> None:
        """It was due while a run was in progress."""
        self._log.warning(f"{JOB} Sync already in progress, skipping this run", account=account)

    def begins(self, account: "AccountId", trigger: RunTrigger) -> None:
        """A run begins."""
        self._log.info(f"{JOB} Starting position sync...", account=account, trigger=trigger)

    def finished(self, finished: Finished) -> None:
        """A run came to an end, good or not."""
        record, plan = finished.record, finished.plan
        facts: dict[str, Any] = {
            "account": record.account,
            "run": record.id,
            "outcome": record.outcome,
        }
        if record.outcome == "failed":
            self.failed(record.reason or "unknown", duration_ms(record), **facts)
            return
        for change in plan.changes:
            self._changed(change, finished.after.marks.get(change.ledger), facts)
        counts = (len(plan.created), len(plan.updated), len(plan.removed), len(record.errors))
        created, updated, removed, errors = counts
        self._log.info(
            f"{JOB} Position sync completed (created: {created}, updated: {updated},"
            f" removed: {removed}, errors: {errors}, duration: {duration_ms(record)}ms)",
            **facts,
            tied_out=record.tied_out,
        )
        self._counted(plan.created, "Created {} new positions: {}", facts, self._log.info)
        self._counted(plan.updated, "Updated {} existing positions: {}", facts, self._log.info)
        self._counted(plan.removed, "Removed {} stale positions: {}", facts, self._log.warning)
        if record.reason is not None:
            word = "incomplete" if record.outcome == "partial" else record.outcome
            self._log.warning(f"{JOB} Snapshot {word}: {record.reason}", **facts)
        if errors:
            self._log.error(f"{JOB} Encountered {errors} errors during sync", **facts)

    def failed(
        self, error: str, duration_ms: int, *, wrong: BaseException | None = None, **facts: Any
    ) -> None:
        """A run failed. What is `wrong` is a fault of ours where it is no error of ours."""
        self._log.error(
            f"{JOB} Position sync failed (error: {error}, duration: {duration_ms}ms)",
            **facts,
            **_details(wrong),
        )

    def unknown(self, problem: str, trigger: RunTrigger) -> None:
        """Somebody told of an account that is not ours."""
        self._log.warning(f"{JOB} No run follows: {problem}", trigger=trigger)

    def unkept(self, problem: str) -> None:
        """Something could not be written down."""
        self._log.error(f"{JOB} The book cannot be written", problem=problem)

    def stream(
        self, connection: str, kind: str, reason: str, *, wrong: BaseException | None = None
    ) -> None:
        """A venue's stream was connected, lost or refused, or does not tell of all."""
        is_amiss = kind in ("lost", "refused", "unheard")
        say = self._log.warning if is_amiss else self._log.info
        facts = {"reason": reason} if reason else {}
        say(f"[Stream] {connection} {kind}", connection=connection, **facts, **_details(wrong))

    def _counted(self, symbols: Iterable[str], words: str, facts: dict[str, Any], say: Any) -> None:
        listed = list(symbols)
        if listed:
            say(f"{JOB} {words.format(len(listed), ', '.join(listed))}", **facts, symbols=listed)

    def _changed(self, change: Change, mark: Holding | None, facts: dict[str, Any]) -> None:
        if change.kind in CREATED:
            self._log.info(f"{SYNC} Created position for {change.symbol}", **facts)
        elif change.kind in REMOVED:
            self._log.warning(f"{SYNC} Removed stale position for {change.symbol}", **facts)
        elif change.kind not in QUIET:
            self._log.info(
                f"{SYNC} Updated position for {change.symbol}:"
                f" qty={plain(change.before)} -> {plain(change.after)},"
                f" price={_price(change, mark)}",
                **facts,
            )


def _details(wrong: BaseException | None) -> dict[str, Any]:
    """The traceback of what should not have happened."""
    found = wrong.__cause__ if isinstance(wrong, UnexpectedError) else wrong
    is_foreseen = found is None or isinstance(found, TieoutError)
    return {} if is_foreseen else {"exc_info": found}


def _price(change: Change, mark: Holding | None) -> str:
    """What one unit is worth now, where the venue says so; else what it cost."""
    with suppress(NumberError):
        if mark is not None and mark.price:
            return f"${plain(exact(mark.price))}"
    return "unknown" if change.average_price is None else f"${_short(change.average_price)}"


def _short(average: Decimal) -> str:
    """A quotient for people, to the cent at least.

    >>> _short(Decimal("234.909090909090909091")), _short(Decimal("123456789012.345678"))
    ('234.90909', '123456789012.35')
    """
    digits = max(DIGITS, average.adjusted() + 3)
    return plain(normal(Context(prec=digits).plus(average)))


def _sentence(words: str) -> str:
    """Words within a line; a zone or expression keeps its letters.

    >>> _sentence("Every 5 minutes"), _sentence("Cron 0 9 * * MON (America/New_York)")
    ('every 5 minutes', 'cron 0 9 * * MON (America/New_York)')
    """
    return words[:1].lower() + words[1:]
