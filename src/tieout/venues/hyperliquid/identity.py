"""Whose account this is: an agent's address has an empty state and no fills, but no account."""

from tieout.core.errors import VenueError, VenueRefused
from tieout.venues.hyperliquid.calls import Calls, Trace
from tieout.venues.hyperliquid.exchange import Question
from tieout.venues.hyperliquid.rows import Role
from tieout.venues.hyperliquid.wire import role_in, shown

ACCOUNT_MISMATCH = "account_mismatch"
AGENT = "agent"
MISSING = "missing"
ROLES = ("user", "subAccount", "vault")


async def role_of(calls: Calls, user: str, *, trace: Trace) -> Role:
    """What an address is. Raises VenueRefused for one that has no account of its own."""
    role, _ = await calls.ask(Question(kind="userRole", user=user), role_in, trace=trace)
    if role.name in ROLES:
        return role
    if role.name == AGENT:
        of = f", set account to {shown(role.of)}" if role.of else ""
        raise refused(
            calls,
            f"{user} is an API wallet (agent) and has no account of its own",
            f"use the address of the account that it acts for{of}; nothing was changed",
        )
    if role.name == MISSING:
        raise refused(
            calls,
            f"Hyperliquid has no account at {user}",
            "check the address; an API wallet that has expired looks like this too, and a new "
            "account exists from its first deposit",
        )
    raise refused(
        calls,
        f"{user} has the unknown role {shown(role.name)!r}",
        "update Tieout, or report this; nothing was changed",
    )


def refused(calls: Calls, what: str, advice: str) -> VenueError:
    """The error for an account that is not the one that was set."""
    error = VenueRefused(f"{ACCOUNT_MISMATCH}: {what}", venue=calls.name, advice=advice)
    error.reason = ACCOUNT_MISMATCH
    return error
