"""What one value may be. A rule reads a value or says in words what is allowed."""

import base64
import ipaddress
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from tieout.core.errors import NumberError
from tieout.core.numbers import exact

# A rule gets the value of the file, or the text of an environment variable, and raises
# ValueError with what the value must be ("must be ...").
Rule = Callable[[Any], Any]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

EVENT_TYPES = (
    "position:updated", "position:opened", "position:changed", "position:closed", "break:opened",
    "break:resolved", "run:started", "run:finished", "run:held", "alert:raised", "alert:recovered",
    "settings:changed", "system:error",
)  # fmt: skip

_YES = ("true", "yes", "on", "1")
_NO = ("false", "no", "off", "0")


def text(value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    return value.strip()


def words(value: Any) -> tuple[str, ...]:
    """Several texts: a list, or one text with commas."""
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed:
        raise ValueError("must be a list of texts, or one text with commas")
    return tuple(text(each) for each in listed)


def networks(value: Any) -> tuple[Network, ...]:
    """Addresses and networks; none for an empty list. All there are would be no choice."""
    allowed = "must be a list of addresses and networks, such as 10.0.0.5 or 10.0.0.0/8"
    found = []
    for each in [] if value == [] else words(value):
        try:
            network = ipaddress.ip_network(each)
        except ValueError as fault:
            raise ValueError(f"{allowed}: {fault}") from None
        if network.prefixlen == 0:
            raise ValueError(f"{allowed}: {each} would be everybody, who could then say anything")
        found.append(network)
    return tuple(found)


def host_names(value: Any) -> tuple[str, ...]:
    """Names or addresses, as they stand between // and the port in a browser."""
    found = [each.lower().removesuffix(".") for each in ([] if value == [] else words(value))]
    wrong = [each for each in found if not _is_host_name(each)]
    if wrong:
        allowed = "must be a list of names such as tieout.example.com, without https:// and port"
        raise ValueError(f"{allowed}: not {', '.join(wrong)}")
    return tuple(found)


def _is_host_name(text: str) -> bool:
    """Whether this is a name or an address.

    >>> [_is_host_name(each) for each in ("a-b.example", "::1", "https://a", "a:80", "*.a", "")]
    [True, True, False, False, False, False]
    """
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", text) is not None
    return True


def event_types(value: Any) -> tuple[str, ...]:
    """Types of events, or whole families of them such as break:*."""
    found = words(value)
    unknown = [each for each in found if not is_event_type(each)]
    if unknown:
        allowed = ", ".join(EVENT_TYPES)
        raise ValueError(f"{', '.join(unknown)}: must be of {allowed}; or a family, as break:*")
    return found


def is_event_type(word: str) -> bool:
    """Whether events of this type, or of this family, are ever written.

    >>> is_event_type("break:opened"), is_event_type("break:*"), is_event_type("broke:*")
    (True, True, False)
    """
    families = {f"{each.partition(':')[0]}:*" for each in EVENT_TYPES}
    return word in EVENT_TYPES or word in families


def schedule(value: Any) -> str:
    """Seconds, as a number or a text, or a cron expression; what it means is seen later."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(whole_number()(value))
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be seconds, or a text with a cron expression such as */5 * * * *")
    return value.strip()


def signing_secret(value: Any) -> str:
    """What signs a webhook: any text; what follows whsec_ is base64, as everybody has it."""
    found = text(value)
    try:
        if found.startswith("whsec_") and not base64.b64decode(found[6:], validate=True):
            raise ValueError
    except ValueError:
        raise ValueError("must be base64 after whsec_, or a text that begins otherwise") from None
    return found


def one_of(allowed_words: Iterable[str]) -> Rule:
    """One of a few words."""
    allowed = tuple(allowed_words)

    def rule(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return rule


def yes_or_no(value: Any) -> bool:
    """true or false; the environment may also say yes, no, on, off, 1, 0."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in (*_YES, *_NO):
        return value.lower() in _YES
    raise ValueError("must be true or false")


def number(*, least: str | None = None, most: str | None = None) -> Rule:
    """A decimal number, exactly as written, within bounds."""
    bounds = _bounds(least, most)

    def rule(value: Any) -> Decimal:
        found = _number_in(value)
        if found is None or not _is_within(found, least, most):
            raise ValueError(f"must be a number{bounds}")
        return found

    return rule


def positive(value: Any) -> Decimal:
    """A decimal number above 0."""
    found = _number_in(value)
    if found is None or found <= 0:
        raise ValueError("must be a number above 0")
    return found


def day(value: Any) -> date:
    """A day, as TOML has it or as a text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value.strip())
    except (AttributeError, ValueError):
        raise ValueError("must be a day such as 2026-12-18") from None


def whole_number(*, least: int | None = None, most: int | None = None) -> Rule:
    """A number without fraction, within bounds."""
    low = None if least is None else str(least)
    high = None if most is None else str(most)
    bounds = _bounds(low, high)

    def rule(value: Any) -> int:
        found = _number_in(value)
        if found is None or found != found.to_integral_value() or not _is_within(found, low, high):
            raise ValueError(f"must be a whole number{bounds}")
        return int(found)

    return rule


def _number_in(value: Any) -> Decimal | None:
    try:
        return exact(value.strip() if isinstance(value, str) else value)
    except NumberError:
        return None


def _is_within(value: Decimal, least: str | None, most: str | None) -> bool:
    return (least is None or value >= Decimal(least)) and (most is None or value <= Decimal(most))


def _bounds(least: str | None, most: str | None) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None:
        return f" of at least {least}"
    return "" if most is None else f" of at most {most}"


def address(value: Any) -> str:
    """Where a venue answers: https anywhere, http only on this machine, or host:port."""
    found = text(value)
    return _checked_address(found, insecure="http", secure="https")


def stream_address(value: Any) -> str:
    """Where a venue streams: wss anywhere, ws only on this machine."""
    return _checked_address(text(value), insecure="ws", secure="wss")


def hook_address(value: Any) -> str:
    """Where a webhook goes: a URL with https, http only on this machine."""
    found = text(value)
    if "://" not in found:
        raise ValueError("must be https://HOST/PATH, or http:// on this machine (127.0.0.1)")
    advice = "the receiver knows us by the signature that is made with secret"
    return _checked_address(found, insecure="http", secure="https", instead=advice)


def _checked_address(
    found: str, *, insecure: str, secure: str, instead: str = "use key and secret"
) -> str:
    allowed = f"must be {secure}://HOST, or {insecure}://HOST on this machine (127.0.0.1)"
    if "://" not in found:
        return _host_and_port(found, allowed)
    try:
        parts = urlsplit(found)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(allowed) from None
    if not host or parts.scheme not in (insecure, secure):
        raise ValueError(allowed)
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"must not carry a user or password, {instead}")
    if parts.scheme == insecure and not is_loopback(host):
        raise ValueError(f"must be {secure}:// there: {insecure}:// is for this machine only")
    return found.rstrip("/")


def _host_and_port(found: str, allowed: str) -> str:
    host, _, port = found.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536 or "/" in found:
        raise ValueError(f"{allowed}, or HOST:PORT for a gateway")
    return found


def is_loopback(host: str) -> bool:
    """Whether a host is this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("paper-api.alpaca.markets")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def store_url(value: Any) -> str:
    """A database: sqlite:///FILE, sqlite:////ABSOLUTE/FILE, or postgresql://..."""
    allowed = "must be sqlite:///FILE or postgresql://USER@HOST/NAME"
    found = text(value)
    scheme, separator, rest = found.partition("://")
    kind = scheme.partition("+")[0]
    if not separator or kind not in ("sqlite", "postgresql"):
        raise ValueError(allowed)
    if kind == "sqlite" and (not rest.startswith("/") or not rest[1:]):
        raise ValueError(allowed)
    if kind == "sqlite" and "?" in rest:
        raise ValueError("must end with the name of the file, without ? and what follows it")
    return found
