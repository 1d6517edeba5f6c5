"""What `doctor` says about a connection by ccxt."""

from typing import Any

from tieout.core.errors import VenueError
from tieout.ports import Finding
from tieout.venues.ccxt.asking import Asking
from tieout.venues.ccxt.quirks import Quirks, at_path
from tieout.venues.ccxt.sdk import VERSION

TESTED = "4.5."
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
    asking: Asking, *, quirks: Quirks, reply: object, account: str, is_told: bool
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
    return (*found, _trading(quirks, reply))


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
