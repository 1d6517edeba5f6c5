"""What `doctor` says about a connection to a gateway."""

from tieout.core.errors import VenueError
from tieout.ports import Clock, Finding
from tieout.venues.connection import clock_finding, login_finding, sdk_finding
from tieout.venues.ibkr.address import Address
from tieout.venues.ibkr.evidence import Trace
from tieout.venues.ibkr.failures import CLIENT_TAKEN, too_many_accounts
from tieout.venues.ibkr.limits import Limits
from tieout.venues.ibkr.link import Link
from tieout.venues.ibkr.session import Session

CLOCKS_ADVICE = "set the clocks of both (NTP); fills are told from snapshots by their times"


async def findings(
    link: Link,
    *,
    address: Address,
    client_id: int,
    account: str | None,
    clock: Clock,
    limits: Limits,
) -> tuple[Finding, ...]:
    """The address and SDK, then what a connection tells; a bad one is a finding too."""

    async def asked(session: Session, trace: Trace) -> list[Finding]:
        names = await session.managed_accounts(trace)
        sent_at = clock.now()
        theirs = await session.current_time(trace, timeout_s=limits.answer_s)
        middle = sent_at + (clock.now() - sent_at) / 2
        is_read_only = await session.is_read_only(trace)
        return [
            Finding(
                subject="login",
                level="ok",
                message=f"connected as client {client_id}, version {session.version}",
            ),
            _link_up(session),
            _accounts(names, account),
            _limits(len(names), limits, session),
            _trading(is_read_only),
            clock_finding(middle, theirs, of="the gateway", advice=CLOCKS_ADVICE),
        ]

    before = (_address(address), sdk_finding("ib_async", tested="2.1.", extra="ibkr"))
    try:
        return (*before, *await link.ask(asked, Trace()))
    except VenueError as error:
        subject = "client id" if error.status == CLIENT_TAKEN else "login"
        return (*before, login_finding(error, subject=subject))


def _address(address: Address) -> Finding:
    message = f"{address} ({address.kind})"
    if address.is_loopback:
        return Finding(subject="address", level="ok", message=message)
    return Finding(
        subject="address",
        level="warning",
        message=f"{message}, on another machine: what goes there is not encrypted",
        advice="run the gateway on this machine, or reach it through an SSH tunnel or VPN",
    )


def _link_up(session: Session) -> Finding:
    if not session.heard.is_down:
        return Finding(subject="connection to IBKR", level="ok", message="the gateway has one")
    return Finding(
        subject="connection to IBKR",
        level="error",
        message="1100: the gateway has lost it",
        advice="it comes back by itself (1101, 1102); if not, restart the gateway",
    )


def _accounts(names: tuple[str, ...], account: str | None) -> Finding:
    listed = ", ".join(names) or "none"
    if account is None or account in names:
        return Finding(subject="account", level="ok", message=listed)
    return Finding(
        subject="account",
        level="error",
        message=f"this connection is set up for {account}, and the login has {listed}",
        advice=f"log the gateway in to {account}, or change the account of this connection",
    )


def _limits(accounts: int, limits: Limits, session: Session) -> Finding:
    """How many accounts and messages there may be; a gateway does not tell what is left."""
    if accounts > limits.accounts_max:
        error = too_many_accounts(session.venue, accounts, limits.accounts_max)
        return Finding(subject="limits", level="error", message=str(error), advice=error.advice)
    message = (
        f"{accounts} of {limits.accounts_max} accounts; at most {limits.messages_per_s} messages a "
        "second are sent, of the 50 that all programs at a gateway share"
    )
    return Finding(subject="limits", level="ok", message=message)


def _trading(is_read_only: bool | None) -> Finding:
    """The gateway has no rights for a client: read-only is a switch of its own, for all of them."""
    if is_read_only:
        return Finding(subject="trading", level="ok", message="the gateway's API is read-only")
    message = (
        "the gateway takes orders from its clients"
        if is_read_only is not None
        else "the gateway did not say whether its API is read-only"
    )
    return Finding(
        subject="trading",
        level="warning",
        message=message,
        advice="tick Read-Only API in the gateway's settings (API, Settings), unless another "
        "program trades through it; Tieout only reads",
    )
