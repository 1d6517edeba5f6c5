"""Where Alpaca is asked: its own two addresses, or a simulator or proxy set in their place."""

from tieout.core.errors import SettingsError
from tieout.venues.http.address import AddressInvalid, address_in

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
        return address_in(text, path=API_VERSION)
    except AddressInvalid as fault:
        raise SettingsError(
            f"connections.{connection}.address (or APCA_API_BASE_URL): {fault}; "
            f"allowed are {PAPER}, {LIVE}, or http://127.0.0.1:PORT for a simulator"
        ) from None


def kind_of(address: str) -> str:
    """What stands behind an address: paper, live, or something set in their place."""
    return {LIVE: "live", PAPER: "paper"}.get(address, "neither of Alpaca's own addresses")
