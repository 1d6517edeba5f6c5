"""Where Coinbase is asked: its three addresses, or a simulator or proxy set in their place."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from tieout.core.errors import SettingsError

REST = "https://api.coinbase.com"
GATEWAY = "https://drb.coinbase.com"
STREAM = "wss://advanced-trade-ws-user.coinbase.com"
REST_PATH = "/api/v3/brokerage"
GATEWAY_PATH = "/api/v2"
GATEWAY_STREAM_PATH = "/ws/api/v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Of spot and US futures, of international derivatives, and of the user channel."""

    rest: str
    gateway: str
    stream: str

    @property
    def gateway_stream(self) -> str:
        """Where the gateway tells what happens.

        >>> addresses_of(None, None, None, connection="cb").gateway_stream
        'wss://drb.coinbase.com/ws/api/v2'
        """
        return f"ws{self.gateway.removeprefix('http')}{GATEWAY_STREAM_PATH}"


def addresses_of(
    rest: str | None, gateway: str | None, stream: str | None, *, connection: str
) -> Addresses:
    """The addresses to ask, without the paths and slashes that people copy along with them.

    Where only `address` is set, what stands there is taken to answer for everything: nothing
    meant for a simulator goes to Coinbase.

    >>> addresses_of("https://127.0.0.1:9103", None, None, connection="cb").stream
    'wss://127.0.0.1:9103/ws'
    """
    place = f"connections.{connection}"
    own = _address(rest, REST_PATH, place=f"{place}.address", own=REST)
    is_own = own is None or own == REST
    other = _address(gateway, GATEWAY_PATH, place=f"{place}.options.gateway_address", own=GATEWAY)
    assert own is not None or is_own
    return Addresses(
        rest=own or REST,
        gateway=other or (GATEWAY if is_own else own or GATEWAY),
        stream=stream or (STREAM if is_own else stream_address_of(own or REST)),
    )


def stream_address_of(address: str) -> str:
    """Where the user channel is that goes with the address of a simulator or proxy."""
    return f"ws{address.removeprefix('http')}/ws"


def is_loopback(address: str) -> bool:
    """Whether an address is this very machine."""
    return _is_loopback(urlsplit(address).hostname or "")


def kind_of(address: str) -> str:
    """What stands behind an address: Coinbase, or something set in its place."""
    return "Coinbase" if address in (REST, GATEWAY, STREAM) else "not Coinbase's own address"


def _address(text: str | None, path: str, *, place: str, own: str) -> str | None:
    if not text or not text.strip():
        return None
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise _wrong(place, "it is not an address", own) from None
    fault = _fault(parts)
    if fault:
        raise _wrong(place, fault, own)
    rest = parts.path.rstrip("/").removesuffix(path).rstrip("/")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{rest}"


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


def _wrong(place: str, fault: str, own: str) -> SettingsError:
    return SettingsError(
        f"{place}: {fault}; allowed are {own}, or https://127.0.0.1:PORT (http too) for a simulator"
    )
