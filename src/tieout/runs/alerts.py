"""When people are told that something is wrong: once, again on change or after a while, and over.

What is wrong is a matter with a key: a break that lasts, a run that is held, runs that fail one
after the other. Every matter that people know of is a Notice in the store.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from tieout.core.book import AccountId
from tieout.core.breaks import Break
from tieout.core.numbers import plain
from tieout.ports import DECISIONS, Event, Notice, RunRecord, Store
from tieout.runs.statistics import error_class_of, timestamp

RAISED, RECOVERED = "alert:raised", "alert:recovered"
RUNS_LOOKED_AT = 1000
DECISIONS_LOOKED_AT = 10
HELD = "held"
LISTED_MAX = 5
GOOD, FAILED = "applied", ("failed", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things may be wrong: runs that fail in a row, runs that show a break, and after
    how many hours an alert is repeated (0: never). `is_expected`: runs fail at this hour.
    """

    failures: int = 2
    confirmations: int = 2
    repeat_hours: float = 24.0
    is_expected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One thing that is wrong now. `digest` changes where it is worth telling again."""

    key: str
    digest: str
    text: str


class Alerts:
    """Keeps people told of what is wrong, with what the store remembers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def after_run(
        self,
        record: RunRecord,
        open_breaks: Mapping[str, Break] | None,
        *,
        name: str,
        patience: Patience,
    ) -> None:
        """Judge how an account stands after a run. A run that failed says nothing of breaks, and
        what a person decided nothing of the venue.
        """
        matters: tuple[Matter, ...] = ()
        judged: tuple[str, ...] = ()
        if record.trigger not in DECISIONS or self._is_released(record):
            failures = self._failures_before(record, patience)
            matters, judged = run_matters(record, failures, patience=patience), ("run/",)
        if open_breaks is not None:
            matters = (*matters, *break_matters(record.account, open_breaks, patience=patience))
            judged = (*judged, "break/")
        self.judge(
            record.account,
            matters,
            judged=judged,
            lasting={_break_key(record.account, each) for each in open_breaks or ()},
            is_good=record.outcome == GOOD,
            name=name,
            at=record.finished_at,
            patience=patience,
        )

    def _failures_before(self, record: RunRecord, patience: Patience) -> int:
        """How many runs failed in a row before this one; no more than are looked at are told."""
        if record.outcome not in FAILED:
            return 0
        limit = patience.failures + 1 + DECISIONS_LOOKED_AT
        while True:
            latest = self._store.runs(record.account, limit=limit)
            syncs = [each for each in latest if each.trigger not in DECISIONS]
            older = [each for each in syncs if each.id != record.id]
            count = len(list(takewhile(lambda each: each.outcome in FAILED, older)))
            if count < len(older) or len(latest) < limit or limit >= RUNS_LOOKED_AT:
                return count
            limit = min(4 * limit, RUNS_LOOKED_AT)

    def _is_released(self, record: RunRecord) -> bool:
        """Whether a held run that people were told of was approved by this one."""
        known = self._store.notices().get(_run_key(record.account))
        is_held = known is not None and known.digest == HELD
        return is_held and record.outcome in ("applied", "partial")

    def over(self, account: AccountId, *, name: str, at: datetime) -> None:
        """Whatever runs of an account were told for is over."""
        if any(each.account == account for each in self._store.notices().values()):
            self.judge(
                account, (), judged=("run/",), is_good=True, name=name, at=at, patience=Patience()
            )

    def judge(
        self,
        account: AccountId,
        matters: Iterable[Matter],
        *,
        judged: Sequence[str],
        lasting: Collection[str] = (),
        is_good: bool,
        name: str,
        at: datetime,
        patience: Patience,
    ) -> None:
        """Tell what is new, has changed or is due again, and what is over.

        What is `lasting` is no matter (any more), but there: a break that somebody ignores. It is
        not said to be over, and told again once it is a matter again.
        """
        known = {
            key: each for key, each in self._store.notices().items() if each.account == account
        }
        current = {each.key: each for each in matters}
        news = [
            (each, known.get(each.key))
            for each in current.values()
            if _is_due(each, known.get(each.key), at=at, patience=patience)
        ]
        # One failure after an alert is over does not say that it is over, nor does a first one.
        over = [
            each
            for key, each in known.items()
            if key not in current
            and key.startswith(tuple(judged))
            and (is_good or key.startswith("break/"))
        ]
        if news:
            self._say(RAISED, account, name, [each.text for each, _ in news], at)
        for matter, before in news:
            self._store.put_notice(_notice(matter, before, account=account, at=at))
        if over:
            gone = [each.key for each in over if each.key not in lasting]
            if gone:
                self._say(RECOVERED, account, name, gone, at)
            self._store.drop_notices([each.key for each in over])

    def _say(
        self, kind: str, account: AccountId, name: str, matters: Sequence[str], at: datetime
    ) -> None:
        if kind == RAISED:
            message = f"{name}: {_listed(matters)}"
        else:
            message = f"{name}: over now: {_listed([*map(_words, matters)])}"
        payload: dict[str, Any] = {
            "account": account,
            "message": message,
            "matters": list(matters),
            "timestamp": timestamp(at),
        }
        text = json.dumps(payload, ensure_ascii=False)
        self._store.add_event(Event(type=kind, at=at, payload=text), account=account)


def _listed(texts: Sequence[str]) -> str:
    """The first few, and how many there are: a changed symbol format is one thing, not hundreds."""
    if len(texts) <= LISTED_MAX:
        return "; ".join(texts)
    more = len(texts) - LISTED_MAX
    return f"{len(texts)} matters: {'; '.join(texts[:LISTED_MAX])}; and {more} more"


def run_matters(
    record: RunRecord, failures_before: int, *, patience: Patience
) -> tuple[Matter, ...]:
    """What the outcome of a run says: held, partly unreadable, or failing for too long."""
    key = _run_key(record.account)
    if record.outcome == "held":
        text = f"the run is held ({record.reason}); approve or reject run {record.id}"
        return (Matter(key=key, digest=HELD, text=text),)
    if record.outcome == "partial":
        listed = "; ".join(record.errors) or record.reason or "some rows could not be used"
        return (Matter(key=key, digest=_digest("partial", listed), text=f"partly read: {listed}"),)
    if record.outcome in FAILED and patience.is_expected:
        return ()
    if record.outcome in FAILED and failures_before + 1 >= patience.failures:
        said = record.errors[0] if record.errors else record.reason
        count = failures_before + 1
        many = f"{count} runs in a row" if count < RUNS_LOOKED_AT else "very many runs in a row"
        text = f"{many if count > 1 else 'a run'} failed: {said}"
        return (Matter(key=key, digest=_digest("failed", error_class_of(record) or ""), text=text),)
    return ()


def break_matters(
    account: AccountId, open_breaks: Mapping[str, Break], *, patience: Patience
) -> tuple[Matter, ...]:
    """The breaks that have been seen often enough."""
    return tuple(
        Matter(
            key=_break_key(account, each.id),
            digest=_digest(each.kind, str(each.remainder), str(each.theirs)),
            text=_text_of(each),
        )
        for each in open_breaks.values()
        if each.status == "open" and each.symbol is not None and each.seen >= patience.confirmations
    )


def _run_key(account: AccountId) -> str:
    return f"run/{account}"


def _break_key(account: AccountId, name: str) -> str:
    return f"break/{account}/{name}"


def _text_of(found: Break) -> str:
    differ = "" if found.remainder is None else f" by {plain(found.remainder)}"
    return f"{found.symbol} is off{differ} ({found.kind}, break {found.id})"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _is_due(matter: Matter, known: Notice | None, *, at: datetime, patience: Patience) -> bool:
    if known is None or known.digest != matter.digest:
        return True
    if patience.repeat_hours == 0:
        return False
    return at - known.told_at >= timedelta(hours=patience.repeat_hours)


def _notice(matter: Matter, before: Notice | None, *, account: AccountId, at: datetime) -> Notice:
    return Notice(
        key=matter.key,
        account=account,
        digest=matter.digest,
        first_at=at if before is None else before.first_at,
        told_at=at,
        times=1 if before is None else before.times + 1,
    )


def _words(key: str) -> str:
    kind, _, rest = key.partition("/")
    return f"break {rest.rpartition('/')[2]}" if kind == "break" else "the trouble with runs"
