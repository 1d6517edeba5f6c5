"""What `doctor` says about a connection to Hyperliquid."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from tieout.core.errors import VenueError
from tieout.ports import Finding
from tieout.venues.connection import sdk_finding
from tieout.venues.http.bodies import number
from tieout.venues.http.calls import Reply
from tieout.venues.http.checkup import clock_told
from tieout.venues.http.scrub import shown
from tieout.venues.hyperliquid.address import kind_of
from tieout.venues.hyperliquid.rows import Role, SubAccount

MODES: Mapping[str, str] = {
    "disabled": "standard: money of perpetuals and of spot is apart",
    "default": "standard: money of perpetuals and of spot is apart",
    "dexAbstraction": "dex abstraction: money moves between dexes by itself",
    "unifiedAccount": "unified: all money is in the spot balances, those of the dexes show none",
    "portfolioMargin": "portfolio margin: all money is in the spot balances, and tokens count "
    "as margin",
}


def findings_before(address: str, *, user: str, secrets: tuple[str, ...]) -> tuple[Finding, ...]:
    """What can be said without asking: the address, the SDK, and what is set needlessly.

    `secrets` names the settings that hold a secret, never what is in them.
    """
    return (
        Finding(subject="address", level="ok", message=f"{address} ({kind_of(address)})"),
        sdk_finding("hyperliquid-python-sdk", tested="0.24.", extra="hyperliquid"),
        _trading(user, secrets),
    )


def _trading(user: str, secrets: tuple[str, ...]) -> Finding:
    """Whether something is set with which orders could be signed. It is never used or kept."""
    if not secrets:
        message = f"read only: nothing but the address {user} is set"
        return Finding(subject="trading", level="ok", message=message)
    return Finding(
        subject="trading",
        level="warning",
        message=f"{' and '.join(secrets)} could trade: a private key signs orders; it was not used",
        advice="take it out of the settings and the environment; the address of the account is "
        "enough to read everything",
    )


Value = TypeVar("Value", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Generic[Value]):
    """Something that is good to know, or why it was not told."""

    value: Value | None = None
    reply: Reply | None = None
    error: VenueError | None = None


def findings(
    *,
    user: str,
    role: Role,
    subs: tuple[SubAccount, ...],
    mode: Told[str],
    rate: Told[Mapping[str, str]],
    agents: Told[int],
) -> tuple[Finding, ...]:
    """What an account that can be read tells."""
    found = (
        _account(user, role, subs),
        None if mode.value is None else _mode(mode.value),
        _agents(agents.value or 0),
        None if mode.reply is None else _clock(mode.reply),
        None if rate.value is None else _rate(rate.value),
        _not_told(mode.error or rate.error or agents.error),
    )
    return tuple(finding for finding in found if finding is not None)


def _not_told(error: VenueError | None) -> Finding | None:
    if error is None:
        return None
    return Finding(
        subject="account details",
        level="warning",
        message=str(error),
        advice=f"positions can be read without them; {error.advice}",
    )


def _account(user: str, role: Role, subs: tuple[SubAccount, ...]) -> Finding:
    of = f" of {shown(role.of)}" if role.of else ""
    count = f", {len(subs)} sub-account{'s' if len(subs) != 1 else ''}" if subs else ""
    return Finding(subject="account", level="ok", message=f"{role.name} {user}{of}{count}")


def _mode(mode: str) -> Finding:
    words = MODES.get(mode)
    if words is not None:
        return Finding(subject="account mode", level="ok", message=words)
    return Finding(
        subject="account mode",
        level="warning",
        message=f"the mode {shown(mode)!r} is not known",
        advice="positions are read as in any mode; compare the first sync with Hyperliquid's page",
    )


def _agents(count: int) -> Finding | None:
    """API wallets that can trade for the account, which Tieout has no use for."""
    if not count:
        return None
    wallets = "API wallet" if count == 1 else "API wallets"
    message = f"{count} named {wallets} can trade for this account; Tieout uses none of them"
    return Finding(subject="API wallets", level="ok", message=message)


def _clock(reply: Reply) -> Finding | None:
    return clock_told(reply.headers, at=reply.middle_at, of="Hyperliquid")


def _rate(rate: Mapping[str, str]) -> Finding | None:
    """The account's own limit, which counts orders; reading is limited by IP address."""
    used, most = number(rate.get("nRequestsUsed")), number(rate.get("nRequestsCap"))
    if used is None or not most:
        return None
    message = f"{used} of {most} requests of the account used; reading has its own limit by IP"
    if used < most * 9 / 10:
        return Finding(subject="rate limit", level="ok", message=message)
    return Finding(
        subject="rate limit",
        level="warning",
        message=message,
        advice="this limits orders, not Tieout; trading more volume raises it",
    )
