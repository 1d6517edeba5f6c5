"""What routes work with, given to them by name."""

from typing import Annotated, Any

from litestar import Request
from litestar.datastructures import State
from litestar.params import Parameter

from tieout.core.book import Account
from tieout.core.errors import SettingsError
from tieout.web.encoding import Decimals
from tieout.web.problems import not_found
from tieout.wiring.service import Service

AccountName = Annotated[
    str | None,
    Parameter(
        query="account", max_length=300, description="Only this account: its name, or its id."
    ),
]
DecimalsAs = Annotated[
    Decimals, Parameter(description="Decimals as number literals, or as strings.")
]
Asking = Request[Any, Any, State]


def service_of(request: Asking) -> Service:
    """The service behind this application."""
    found: Service = request.app.state.service
    return found


def accounts_of(service: Service, name: str | None) -> list[Account]:
    """The account of a name, all for none. Raises Problem 404 for a name nobody has."""
    if name is None:
        return list(service.store.accounts())
    try:
        return [service.desk.account(name)]
    except SettingsError as error:
        raise not_found("such account", str(error)) from None
