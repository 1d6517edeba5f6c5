"""What `doctor` says about a connection to Alpaca."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version

from tieout.core.errors import VenueError
from tieout.ports import Finding
from tieout.venues.alpaca.address import kind_of
from tieout.venues.alpaca.calls import Reply
from tieout.venues.alpaca.wire import AccountRow

SDK = "alpaca-py"
SDK_TESTED = "0.44."
SKEW_S_MAX = 2.0
RATE_SHARE_MIN = 0.1

BLOCKS: Mapping[str, str] = {
    "account_blocked": "the account is blocked",
    "trading_blocked": "trading is blocked",
    "trade_suspended_by_user": "trading is suspended by its owner",
}


def findings_before(address: str) -> tuple[Finding, ...]:
    """What can be said without asking Alpaca: the address in use and the version of its SDK."""
    installed = version(SDK)
    is_tested = installed.startswith(SDK_TESTED)
    return (
        Finding(subject="address", level="ok", message=f"{address} ({kind_of(address)})"),
        Finding(
            subject="sdk",
            level="ok" if is_tested else "warning",
            message=f"{SDK} {installed}",
            advice=""
            if is_tested
            else f"Tieout is tested with {SDK} {SDK_TESTED}*: pip install 'tieout[alpaca]'",
        ),
    )


def finding_of(error: VenueError) -> Finding:
    """A login that does not work."""
    return Finding(subject="login", level="error", message=str(error), advice=error.advice)


def findings(row: AccountRow, reply: Reply) -> tuple[Finding, ...]:
    """What a working login tells."""
    found = (
        Finding(subject="login", level="ok", message="the keys work"),
        _account(row),
        _trading(row),
        _clock(reply),
        _rate(reply),
    )
    return tuple(finding for finding in found if finding is not None)


def _account(row: AccountRow) -> Finding:
    kind = "paper" if (row.number or "").startswith("PA") else "account"
    message = f"{kind} {row.number}, status {row.status or 'not reported'}"
    if row.status == "ACTIVE":
        return Finding(subject="account", level="ok", message=message)
    advice = "look at the account's status at Alpaca; positions are read as long as it answers"
    return Finding(subject="account", level="warning", message=message, advice=advice)


def _trading(row: AccountRow) -> Finding:
    """Alpaca has no keys that can only read, so there is nothing better to recommend."""
    blocks = [words for flag, words in BLOCKS.items() if getattr(row, flag) == "true"]
    if blocks:
        message = f"these keys cannot trade now: {' and '.join(blocks)}"
        return Finding(subject="trading", level="warning", message=message, advice=_ASK_ALPACA)
    return Finding(
        subject="trading",
        level="warning",
        message="these keys could trade: all keys of Alpaca can",
        advice="Tieout only reads; keep the keys where only Tieout can read them (file:PATH)",
    )


_ASK_ALPACA = "ask Alpaca, or lift it in the account's own settings, if this is not meant"


def _clock(reply: Reply) -> Finding | None:
    """How far this machine's clock is from Alpaca's, to the second that a Date header has."""
    theirs = _date_of(reply.headers)
    if theirs is None:
        return None
    middle = reply.sent_at + (reply.received_at - reply.sent_at) / 2
    skew_s = (middle - (theirs + timedelta(seconds=0.5))).total_seconds()
    if abs(skew_s) <= SKEW_S_MAX:
        return Finding(subject="clock", level="ok", message="agrees with Alpaca's")
    word = "ahead of" if skew_s > 0 else "behind"
    return Finding(
        subject="clock",
        level="warning",
        message=f"this machine is {abs(skew_s):.0f} s {word} Alpaca",
        advice="set this machine's clock (NTP); fills are told from snapshots by their times",
    )


def _date_of(headers: Mapping[str, str]) -> datetime | None:
    try:
        at = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _rate(reply: Reply) -> Finding | None:
    """How many requests are left of this minute's."""
    left, limit = (reply.headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "limit"))
    if not (left.isdecimal() and limit.isdecimal() and int(limit)):
        return None
    message = f"{left} of {limit} requests left this minute"
    if int(left) >= RATE_SHARE_MIN * int(limit):
        return Finding(subject="rate limit", level="ok", message=message)
    advice = "other programs with these keys use it up; run them less often, or sync less often"
    return Finding(subject="rate limit", level="warning", message=message, advice=advice)
