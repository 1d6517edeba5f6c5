"""What `doctor` says about a connection by ccxt."""

from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from tieout.core.errors import VenueError
from tieout.ports import Finding
from tieout.venues.ccxt.asking import Asking
from tieout.venues.ccxt.calls import Spoken
from tieout.venues.ccxt.quirks import Quirks, at_path
from tieout.venues.ccxt.sdk import VERSION

TESTED = "4.5."
SKEW_S_MAX = 2.0
RATE_SHARE_MIN = 0.1
LIMITS = (
    ("x-bapi-limit-status", "x-bapi-limit"),
    ("x-ratelimit-remaining", "x-ratelimit-limit"),
    ("ratelimit-remaining", "ratelimit-limit"),
)
CAPABILITIES = ("fetchPositions", "fetchBalance", "fetchMyTrades", "fetchFundingHistory")


def findings_before(exchange: Any, *, address: str | None) -> tuple[Finding, ...]:
    """What can be said without asking the exchange."""
    is_tested = VERSION.startswith(TESTED)
    tested_advice = f"Tieout is tested with ccxt {TESTED}*: pip install 'tieout[ccxt]'"
    able = [name for name in CAPABILITIES if exchange.has.get(name)]
    unable = [name for name in CAPABILITIES if not exchange.has.get(name)]
    found = [
        Finding(subject="address", level="ok", message=address or f"{exchange.id}'s own"),
        Finding(
            subject="sdk",
            level="ok" if is_tested else "warning",
            message=f"ccxt {VERSION}",
            advice="" if is_tested else tested_advice,
        ),
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


def finding_of(error: VenueError) -> Finding:
    """A login that does not work."""
    return Finding(subject="login", level="error", message=str(error), advice=error.advice)


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
    """How far this machine's clock is from the exchange's, to the second that a Date has."""
    try:
        theirs = parsedate_to_datetime(heard.headers.get("date", ""))
    except ValueError:
        return None
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    middle = heard.sent_at + (heard.received_at - heard.sent_at) / 2
    skew_s = (middle - (theirs + timedelta(seconds=0.5))).total_seconds()
    if abs(skew_s) <= SKEW_S_MAX:
        return Finding(subject="clock", level="ok", message="agrees with the exchange's")
    order = "ahead of" if skew_s > 0 else "behind"
    return Finding(
        subject="clock",
        level="warning",
        message=f"this machine is {abs(skew_s):.0f} s {order} the exchange",
        advice="set this machine's clock (NTP); trades are told from snapshots by their times",
    )


def _rate(heard: Spoken) -> Finding | None:
    """How many requests are left, where the exchange says so."""
    for left_name, limit_name in LIMITS:
        left, limit = (heard.headers.get(name, "") for name in (left_name, limit_name))
        if left.isdecimal() and limit.isdecimal() and int(limit):
            message = f"{left} of {limit} requests left"
            is_low = int(left) < RATE_SHARE_MIN * int(limit)
            return Finding(
                subject="rate limit",
                level="warning" if is_low else "ok",
                message=message,
                advice="other programs with this key use it up; sync less often" if is_low else "",
            )
    return None
