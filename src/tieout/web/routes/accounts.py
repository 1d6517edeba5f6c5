"""The accounts of the book, and how each of them stands."""

from dataclasses import asdict
from typing import Any

from litestar import Response, get

from tieout.core.book import Account
from tieout.runs.statistics import timestamp
from tieout.web import examples
from tieout.web.auth import needs
from tieout.web.context import Asking, DecimalsAs, service_of
from tieout.web.encoding import reply
from tieout.web.openapi import described
from tieout.web.shapes import Accounts
from tieout.wiring.service import Service


def account_material(service: Service, account: Account) -> dict[str, Any]:
    """How an account stands, by its stored runs and its book."""
    last, good_at = service.standing(account.id), service.totals(account.id).last_success_at
    policy = asdict(service.desk.settings.policy_for(account.id, venue=account.venue))
    return {
        "account": account.id,
        "name": service.desk.name_of(account.id),
        "venue": account.venue,
        "currency": account.currency,
        "tied_out": last.tied_out if last else None,
        "outcome": last.outcome if last else None,
        "reason": last.reason if last else None,
        "last_run": last.id if last else None,
        "last_synced_at": timestamp(good_at) if good_at else None,
        "open_breaks": len(service.store.breaks(account.id)),
        "retired": service.desk.settings.is_retired(account.id),
        "policy": policy,
    }


@get(
    "/api/accounts",
    guards=[needs("read")],
    sync_to_thread=False,
    **described(
        "accounts", "The accounts, and how each stands", Accounts, example=examples.ACCOUNTS
    ),
)
def list_accounts(request: Asking, decimals: DecimalsAs = "number") -> Response[Accounts]:
    service = service_of(request)
    found = [account_material(service, each) for each in service.overseen()]
    return reply({"accounts": found}, Accounts, decimals=decimals)


routes = [list_accounts]
