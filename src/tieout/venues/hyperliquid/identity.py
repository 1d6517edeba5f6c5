"""Whose account this is: an agent's address has an empty state and no fills, but no account."""

from tieout.venues.connection import mismatch
from tieout.venues.http.scrub import shown
from tieout.venues.http.trace import Trace
from tieout.venues.hyperliquid.exchange import Calls, Question
from tieout.venues.hyperliquid.rows import Role
from tieout.venues.hyperliquid.wire import role_in

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
        raise mismatch(
            f"{user} is an API wallet (agent) and has no account of its own",
            venue=calls.name,
            advice=f"use the address of the account that it acts for{of}; nothing was changed",
        )
    if role.name == MISSING:
        raise mismatch(
            f"Hyperliquid has no account at {user}",
            venue=calls.name,
            advice="check the address; an API wallet that has expired looks like this too, and a "
            "new account exists from its first deposit",
        )
    raise mismatch(
        f"{user} has the unknown role {shown(role.name)!r}",
        venue=calls.name,
        advice="update Tieout, or report this; nothing was changed",
    )
