"""Where Alpaca is asked: its own two addresses, or a simulator or proxy set in their place."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from tieout.core.errors import SettingsError

LIVE = "https://api.alpaca.markets"
PAPER = "https://paper-api.alpaca.markets"
PAPER_KEY = "PK"  # what the keys of paper accounts begin with
API_VERSION = "/v2"  # which the SDK puts behind the address itself


def address_of(text: str | None, *, connection: str, key: str) -> str:
    """The address to ask, without the `/v2` and slashes that people copy along with it.

    With none set, the key tells whether it belongs to a paper account.

    >>> address_of("https://paper-api.alpaca.markets/v2/", connection="alpaca", key="PK1")
    'https://paper-api.alpaca.markets'
    """
    if not text or not text.strip():
        return PAPER if key.startswith(PAPER_KEY) else LIVE
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise _wrong(connection, "it is not an address") from None
    fault = _fault(parts)
    if fault:
        raise _wrong(connection, fault)
    path = parts.path.rstrip("/").removesuffix(API_VERSION).rstrip("/")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}"


def is_loopback(address: str) -> bool:
    """Whether an address is this very machine."""
    return _is_loopback(urlsplit(address).hostname or "")


def kind_of(address: str) -> str:
    """What stands behind an address: paper, live, or something set in their place."""
    return {LIVE: "live", PAPER: "paper"}.get(address, "neither of Alpaca's own addresses")


def _fault(parts: SplitResult) -> str | None:
    """What is wrong with an address; never repeats it, as it may carry a password."""
    if parts.username or parts.password:
        return "it has a login in it; set key and secret instead"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "it must begin with https:// and a host"
    if parts.query or parts.fragment:
        return "it has something behind a ? or #"
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        return f"http:// is only for this machine; use https://{parts.hostname}"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _wrong(connection: str, fault: str) -> SettingsError:
    return SettingsError(
        f"connections.{connection}.address (or APCA_API_BASE_URL): {fault}; "
        f"allowed are {PAPER}, {LIVE}, or http://127.0.0.1:PORT for a simulator"
    )
