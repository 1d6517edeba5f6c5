"""Where Coinbase is asked: its three addresses, or a simulator or proxy set in their place."""

from dataclasses import dataclass

from tieout.core.errors import SettingsError
from tieout.venues.http.address import AddressInvalid, address_in, stream_address_in

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
    streams_at = stream_address_in(stream, connection=connection)
    assert own is not None or is_own
    return Addresses(
        rest=own or REST,
        gateway=other or (GATEWAY if is_own else own or GATEWAY),
        stream=streams_at or (STREAM if is_own else stream_address_of(own or REST)),
    )


def stream_address_of(address: str) -> str:
    """Where the user channel is that goes with the address of a simulator or proxy."""
    return f"ws{address.removeprefix('http')}/ws"


def kind_of(address: str) -> str:
    """What stands behind an address: Coinbase, or something set in its place."""
    return "Coinbase" if address in (REST, GATEWAY, STREAM) else "not Coinbase's own address"


def _address(text: str | None, path: str, *, place: str, own: str) -> str | None:
    if not text or not text.strip():
        return None
    try:
        return address_in(text, path=path)
    except AddressInvalid as fault:
        raise SettingsError(
            f"{place}: {fault}; allowed are {own}, or https://127.0.0.1:PORT (http too) for a "
            "simulator"
        ) from None
