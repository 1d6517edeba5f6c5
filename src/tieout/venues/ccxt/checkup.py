"""What `doctor` says about a connection by ccxt."""

from typing import Any

from tieout.ports import Finding
from tieout.venues.ccxt.asking import Asking
from tieout.venues.ccxt.calls import Spoken
from tieout.venues.ccxt.quirks import Quirks, at_path
from tieout.venues.connection import CLOCK_ADVICE, sdk_finding
from tieout.venues.http.checkup import clock_told, rate_told

SET_CLOCK = f"{CLOCK_ADVICE}; trades are told from snapshots by their times"
ASK_LESS = "other programs with this key use it up; sync less often"
LIMITS = (
    ("x-bapi-limit-status", "x-bapi-limit"),
    ("x-ratelimit-remaining", "x-ratelimit-limit"),
    ("ratelimit-remaining", "ratelimit-limit"),
)
CAPABILITIES = ("fetchPositions", "fetchBalance", "fetchMyTrades", "fetchFundingHistory")


def findings_before(exchange: Any, *, address: str | None) -> tuple[Finding, ...]:
    """What can be said without asking the exchange."""
    able = [name for name in CAPABILITIES if exchange.has.get(name)]
    unable = [name for name in CAPABILITIES if not exchange.has.get(name)]
    found = [
        Finding(subject="address", level="ok", message=address or f"{exchange.id}'s own"),
        sdk_finding("ccxt", tested="4.5.", extra="ccxt"),
        Finding(subject="capabilities", level="ok", message=f"ccxt has {', '.join(able)} here"),
    ]
    if unable:
        found.append(
            Finding(
                subject="not reported",
                level="warning",
                message=f"ccxt has no {', '.join(unable)} here",
                advice="what is not reported is never taken for 0; look whether you need it",
            )
        )
    return tuple(found)


def findings(
    asking: Asking,
    *,
    quirks: Quirks,
    reply: object,
    account: str,
    is_told: bool,
    heard: Spoken | None,
) -> tuple[Finding, ...]:
    """What a working login tells."""
    found = [Finding(subject="login", level="ok", message="the keys work")]
    if is_told:
        found.append(Finding(subject="account", level="ok", message=account))
    else:
        found.append(
            Finding(
                subject="account",
                level="warning",
                message=f"{account}: the exchange does not tell whose keys these are",
                advice="another account is only noticed by its trades; take care with the keys",
            )
        )
    for words in asking.problems:
        found.append(Finding(subject="coverage", level="error", message=words, advice=_COVERAGE))
    for words in asking.untold:
        found.append(Finding(subject="coverage", level="ok", message=words))
    found.append(_trading(quirks, reply))
    if heard is not None:
        found += [each for each in (_clock(heard), _rate(heard)) if each is not None]
    return tuple(found)


_COVERAGE = "set types in the options of this connection to the market types that you use"


def _trading(quirks: Quirks, reply: object) -> Finding:
    identity = quirks.identity
    said = at_path(reply, identity.permissions) if identity and identity.permissions else None
    if identity is not None and said in identity.may_only_read:
        return Finding(subject="trading", level="ok", message="this key can only read")
    message = "this key could trade" if said else "whether this key could trade is not told"
    return Finding(
        subject="trading",
        level="warning",
        message=message,
        advice="Tieout only reads: make a key with no other permission at the exchange",
    )


def _clock(heard: Spoken) -> Finding | None:
    middle = heard.sent_at + (heard.received_at - heard.sent_at) / 2
    return clock_told(heard.headers, at=middle, of="the exchange", advice=SET_CLOCK)


def _rate(heard: Spoken) -> Finding | None:
    """How many requests are left, where the exchange says so."""
    told = (
        rate_told(heard.headers, left=left, limit=limit, advice=ASK_LESS) for left, limit in LIMITS
    )
    return next((found for found in told if found is not None), None)
