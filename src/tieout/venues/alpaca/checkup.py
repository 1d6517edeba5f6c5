"""What `doctor` says about a connection to Alpaca."""

from collections.abc import Mapping

from tieout.ports import Finding
from tieout.venues.alpaca.address import kind_of
from tieout.venues.alpaca.wire import AccountRow
from tieout.venues.connection import CLOCK_ADVICE, clock_finding, sdk_finding
from tieout.venues.http.answers import date_in
from tieout.venues.http.calls import Reply

RATE_SHARE_MIN = 0.1

BLOCKS: Mapping[str, str] = {
    "account_blocked": "the account is blocked",
    "trading_blocked": "trading is blocked",
    "trade_suspended_by_user": "trading is suspended by its owner",
}


def findings_before(address: str) -> tuple[Finding, ...]:
    """What can be said without asking Alpaca: the address in use and the version of its SDK."""
    return (
        Finding(subject="address", level="ok", message=f"{address} ({kind_of(address)})"),
        sdk_finding("alpaca-py", tested="0.44.", extra="alpaca"),
    )


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
    theirs = date_in(reply.headers.get("date", ""))
    if theirs is None:
        return None
    advice = f"{CLOCK_ADVICE}; fills are told from snapshots by their times"
    return clock_finding(reply.middle_at, theirs, of="Alpaca", advice=advice)


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
