"""What `doctor` says about a connection to Alpaca."""

from collections.abc import Mapping

from tieout.ports import Finding
from tieout.venues.alpaca.address import kind_of
from tieout.venues.alpaca.wire import AccountRow
from tieout.venues.connection import CLOCK_ADVICE, sdk_finding
from tieout.venues.http.calls import Reply
from tieout.venues.http.checkup import clock_told, rate_told

SET_CLOCK = f"{CLOCK_ADVICE}; fills are told from snapshots by their times"
ASK_LESS = "other programs with these keys use it up; run them less often, or sync less often"

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
        clock_told(reply.headers, at=reply.middle_at, of="Alpaca", advice=SET_CLOCK),
        rate_told(reply.headers, each=" this minute", advice=ASK_LESS),
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
