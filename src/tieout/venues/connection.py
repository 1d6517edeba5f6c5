"""What a connection is told and says of itself, whatever its venue speaks."""

import ipaddress
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from importlib.metadata import version

from tieout.core.errors import NumberError, SettingsError, VenueError, VenueRefused
from tieout.core.numbers import exact
from tieout.ports import Finding

ACCOUNT_MISMATCH = "account_mismatch"
ADVICE_AGAIN = "nothing was changed; it is tried again in the next run"
SKEW_S_MAX = 2.0
CLOCK_ADVICE = "set this machine's clock (NTP)"


def require_known(
    settings: Mapping[str, str], allowed: Collection[str], *, venue: str, connection: str
) -> None:
    """Refuse settings that a venue does not know: a SettingsError that names them."""
    unknown = sorted(set(settings) - set(allowed))
    if unknown:
        raise SettingsError(
            f"connections.{connection}: {venue} has no setting {', '.join(unknown)}; "
            f"allowed are {', '.join(allowed)}"
        )


def timeout_of(text: str, *, connection: str) -> float:
    """The setting timeout_s in seconds. A wrong one is a SettingsError that names it."""
    try:
        seconds = exact(text)
    except NumberError:
        seconds = Decimal(0)
    if not Decimal("0.1") <= seconds <= 600:
        raise SettingsError(f"connections.{connection}.timeout_s must be a number from 0.1 to 600")
    return float(seconds)


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "10.0.0.1", "")]
    [True, True, True, False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def mismatch(what: str, *, venue: str, advice: str) -> VenueRefused:
    """The refusal of what belongs to another account than was asked for."""
    error = VenueRefused(f"{ACCOUNT_MISMATCH}: {what}", venue=venue, advice=advice)
    error.reason = ACCOUNT_MISMATCH
    return error


def sdk_finding(package: str, *, tested: str, extra: str) -> Finding:
    """Which version of its SDK a venue has; `tested` is what the tested ones begin with."""
    installed = version(package)
    is_tested = installed.startswith(tested)
    advice = f"Tieout is tested with {package} {tested}*: pip install 'tieout[{extra}]'"
    return Finding(
        subject="sdk",
        level="ok" if is_tested else "warning",
        message=f"{package} {installed}",
        advice="" if is_tested else advice,
    )


def login_finding(error: VenueError, *, subject: str = "login") -> Finding:
    """A login that does not work."""
    return Finding(subject=subject, level="error", message=str(error), advice=error.advice)


def clock_finding(
    ours: datetime, theirs: datetime, *, of: str, advice: str = CLOCK_ADVICE
) -> Finding:
    """How far this machine's clock is from that of a venue, which tells whole seconds."""
    skew_s = (ours - (theirs + timedelta(seconds=0.5))).total_seconds()
    if abs(skew_s) <= SKEW_S_MAX:
        return Finding(subject="clock", level="ok", message=f"agrees with {of}'s")
    word = "ahead of" if skew_s > 0 else "behind"
    return Finding(
        subject="clock",
        level="warning",
        message=f"this machine is {abs(skew_s):.0f} s {word} {of}",
        advice=advice,
    )
