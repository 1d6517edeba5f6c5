"""What `doctor` says about a connection to Coinbase."""

from collections.abc import Sequence

from tieout.core.errors import VenueError
from tieout.ports import Finding
from tieout.venues.coinbase.address import Addresses, kind_of
from tieout.venues.coinbase.rows import Permissions, Portfolio
from tieout.venues.connection import CLOCK_ADVICE, sdk_finding
from tieout.venues.http.calls import Reply
from tieout.venues.http.checkup import clock_told, rate_told

SET_CLOCK = (
    f"{CLOCK_ADVICE}; a signature is good for two minutes, and fills are told from snapshots by "
    "their times"
)
ASK_LESS = "other programs with this key use it up; run them less often, or sync less often"


def findings_before(addresses: Addresses) -> tuple[Finding, ...]:
    """What can be said without asking Coinbase: the addresses in use and the version of its SDK."""
    named = {"address": addresses.rest, "gateway": addresses.gateway, "stream": addresses.stream}
    return (
        *(
            Finding(subject=subject, level="ok", message=f"{address} ({kind_of(address)})")
            for subject, address in named.items()
        ),
        sdk_finding("coinbase-advanced-py", tested="1.8.", extra="coinbase"),
    )


def findings(
    permissions: Permissions, portfolios: Sequence[Portfolio] | VenueError, reply: Reply
) -> tuple[Finding, ...]:
    """What a working login tells."""
    found = (
        Finding(subject="login", level="ok", message="the key works"),
        _account(permissions, portfolios),
        _others(permissions, portfolios),
        _viewing(permissions),
        _trading(permissions),
        clock_told(reply.headers, at=reply.middle_at, of="Coinbase", advice=SET_CLOCK),
        rate_told(reply.headers, advice=ASK_LESS),
    )
    return tuple(finding for finding in found if finding is not None)


def gateway_finding(error: VenueError | None) -> Finding:
    """Whether international derivatives can be read."""
    subject = "international derivatives"
    if error is None:
        return Finding(subject=subject, level="ok", message="the gateway takes the key")
    return Finding(
        subject=subject,
        level="warning",
        message=f"they cannot be read: {error}",
        advice='where this login has none, set perpetuals = "no" in the options of this '
        f"connection; else {error.advice}",
    )


def _account(permissions: Permissions, portfolios: Sequence[Portfolio] | VenueError) -> Finding:
    listed = () if isinstance(portfolios, VenueError) else portfolios
    named = [each for each in listed if each.uuid == permissions.portfolio]
    name = f" {named[0].name!r}" if named and named[0].name else ""
    kind = (permissions.kind or "of unknown type").removeprefix("PORTFOLIO_TYPE_").lower()
    message = f"portfolio{name} {permissions.portfolio} ({kind})"
    return Finding(subject="account", level="ok", message=message)


def _others(
    permissions: Permissions, portfolios: Sequence[Portfolio] | VenueError
) -> Finding | None:
    """Portfolios that this key does not read: each needs a key of its own."""
    if isinstance(portfolios, VenueError):
        return Finding(
            subject="portfolios",
            level="warning",
            message=str(portfolios),
            advice=f"this one can be read without the list; {portfolios.advice}",
        )
    others = [each for each in portfolios if each.uuid != permissions.portfolio]
    if not others:
        return None
    names = ", ".join(each.name or each.uuid for each in others)
    return Finding(
        subject="portfolios",
        level="warning",
        message=f"this key does not read: {names}",
        advice="a key reads one portfolio: make a key for each of them and a connection for each "
        "key, or leave them out knowingly",
    )


def _viewing(permissions: Permissions) -> Finding | None:
    if permissions.can_view is not False:
        return None
    return Finding(
        subject="permissions",
        level="error",
        message="this key may not view anything",
        advice="give it the permission View in the CDP portal",
    )


def _trading(permissions: Permissions) -> Finding:
    """A key that can only view is enough, and better."""
    can = {"trade": permissions.can_trade, "transfer": permissions.can_transfer}
    able = [word for word, is_able in can.items() if is_able is not False]
    if not able:
        return Finding(subject="trading", level="ok", message="this key can only view")
    unknown = "" if all(can[word] for word in able) else ", as far as is told"
    return Finding(
        subject="trading",
        level="warning",
        message=f"this key could {' and '.join(able)}{unknown}",
        advice="Tieout only reads: make a key with nothing but View in the CDP portal",
    )
