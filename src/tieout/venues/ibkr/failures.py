"""What went wrong at a gateway, what kind of error it is, and what to do next."""

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.venues.connection import ADVICE_AGAIN, mismatch
from tieout.venues.ibkr.wire import ErrorRow

NO_GATEWAY, NOT_CONNECTED, CLIENT_TAKEN, LINK_LOST, TOO_FAST = 502, 504, 326, 1100, 100


def not_reached(venue: str, address: str, why: str) -> VenueError:
    """502: nobody listens there."""
    return VenueUnavailable(
        f"502: no gateway could be reached at {address} ({why})",
        venue=venue,
        advice="start TWS or IB Gateway and log in, enable its API socket, and set IBKR_HOST and "
        "IBKR_PORT to it (7496 or 7497 for TWS, 4001 or 4002 for IB Gateway)",
        status=NO_GATEWAY,
    )


def not_connected(venue: str, address: str, why: str) -> VenueError:
    """504: there was a connection, and there is none any more."""
    return VenueUnavailable(
        f"504: the connection to the gateway at {address} ended ({why})",
        venue=venue,
        advice=f"{ADVICE_AGAIN}; a gateway restarts once a day",
        status=NOT_CONNECTED,
    )


def no_login(venue: str, address: str, seconds: float) -> VenueError:
    """It listens and does not say who it is: an old version, a question on its screen."""
    return VenueUnavailable(
        f"the gateway at {address} took the connection and did not log on within {seconds:g} s",
        venue=venue,
        advice="look at its screen: it may ask whether to accept the connection, still be logging "
        "in, or be older than version 972",
    )


def number_taken(venue: str, address: str, client_id: int) -> VenueError:
    """326: another program goes by this number, or our own of before a crash."""
    return VenueRefused(
        f"326: client id {client_id} is in use at {address}",
        venue=venue,
        advice="set client_id (IBKR_CLIENT_ID) to a number that no other program uses there, or "
        "end the other program; after a crash the gateway may keep the old one for a minute",
        status=CLIENT_TAKEN,
    )


def no_answer(venue: str, call: str, seconds: float, said: ErrorRow | None) -> VenueError:
    """A request without an answer. It is asked again only over a new connection."""
    last = f"; it last said {said.code}: {said.text}" if said else ""
    return VenueUnavailable(
        f"{call} was not answered within {seconds:g} s{last}",
        venue=venue,
        advice=f"{ADVICE_AGAIN}, over a new connection; if it stays, restart the gateway",
    )


def link_lost(venue: str, said: str = "") -> VenueError:
    """1100: the gateway is there and has no connection to IBKR itself."""
    return VenueUnavailable(
        f"1100: the gateway has lost its connection to IBKR{f' ({said})' if said else ''}",
        venue=venue,
        advice="nothing was changed; it is read again once the gateway says that it is back "
        "(1101, 1102), and at every run",
        status=LINK_LOST,
    )


def too_fast(venue: str, text: str) -> VenueError:
    """100: more than 50 messages a second, those of other programs included."""
    return VenueUnavailable(
        f"100: the gateway was asked too often ({text})",
        venue=venue,
        advice=f"{ADVICE_AGAIN}; other programs at this gateway share its 50 messages a second",
        status=TOO_FAST,
    )


def not_understood(venue: str, address: str, what: str) -> VenueError:
    """What came is no message of a gateway."""
    return VenueReplyInvalid(
        f"what {address} sent is not understood: {what}",
        venue=venue,
        advice="nothing was changed; if it stays, check that the address is that of TWS or IB "
        "Gateway",
    )


def request_refused(venue: str, call: str, code: int, text: str) -> VenueError:
    """The gateway answered a request with an error."""
    return VenueRefused(
        f"{call} was refused with {code}: {text}",
        venue=venue,
        advice="look the code up in IBKR's message codes; nothing was changed",
        status=code,
    )


def other_account(venue: str, account: str, reached: tuple[str, ...]) -> VenueError:
    """The login does not have this account (any more)."""
    return mismatch(
        f"asked for account {account}, but this login has {', '.join(reached) or 'none'}",
        venue=venue,
        advice=f"log the gateway in to {account}, or give the connection another name to take "
        "the other one in; nothing was changed",
    )


def too_many_accounts(venue: str, count: int, most: int) -> VenueError:
    """Above 50 accounts TWS does not give the positions of all."""
    return VenueRefused(
        f"this login has {count} accounts, and a gateway gives positions of at most {most}",
        venue=venue,
        advice="use a login for a part of the accounts; nothing was changed",
    )


def is_worth_retrying(error: VenueError) -> bool:
    """Whether a new connection may go well in a moment."""
    return not isinstance(error, VenueRefused) and error.status != LINK_LOST
