"""Where a gateway listens, as HOST:PORT, and the number this client goes by there."""

from dataclasses import dataclass

from tieout.core.errors import SettingsError
from tieout.venues import connection

HOST = "127.0.0.1"
PORT = 4001
PORTS = {7496: "TWS, live", 7497: "TWS, paper", 4001: "IB Gateway, live", 4002: "IB Gateway, paper"}
CLIENT_ID = 71
CLIENT_ID_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One gateway."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def kind(self) -> str:
        """What listens at such a port where nobody changed it."""
        return PORTS.get(self.port, "a port of your own")

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this very machine."""
        return connection.is_loopback(self.host)


def address_of(text: str | None, *, connection: str) -> Address:
    """The gateway of an address; without one, IB Gateway on this machine.

    >>> str(address_of("127.0.0.1:4002", connection="gateway"))
    '127.0.0.1:4002'
    """
    if not text or not text.strip():
        return Address(host=HOST, port=PORT)
    host, _, port = text.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    is_port = port.isascii() and port.isdecimal() and 0 < int(port) < 65536
    is_host = bool(host) and "/" not in host and "@" not in host and " " not in host
    if not (is_port and is_host):
        raise SettingsError(
            f"connections.{connection}.address (or IBKR_HOST and IBKR_PORT) must be HOST:PORT, "
            f"for example {HOST}:4002; TWS listens at 7496 (live) or 7497 (paper), IB Gateway at "
            "4001 (live) or 4002 (paper)"
        )
    return Address(host=host, port=int(port))


def client_id_of(text: str | None, *, connection: str) -> int:
    """The client id. 0 is refused: that client takes over the orders that people enter in TWS."""
    if text is None:
        return CLIENT_ID
    found = text.strip()
    if not (found.isascii() and found.isdecimal() and 0 < int(found) <= CLIENT_ID_MAX):
        raise SettingsError(
            f"connections.{connection}.client_id (or IBKR_CLIENT_ID) must be a whole number from 1 "
            f"to {CLIENT_ID_MAX} that no other program uses at this gateway; 0 would take over "
            "the orders that people enter by hand"
        )
    return int(found)
