"""Events as they are written, by SSE."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import Parameter

from tieout.settings.rules import EVENT_TYPES, is_event_type
from tieout.web.auth import COOKIE, KEY_HEADER, Access, needs
from tieout.web.context import Asking, accounts_of, service_of
from tieout.web.door import PEER
from tieout.web.events import Client, EventHub
from tieout.web.frames import Wanted
from tieout.web.openapi import described
from tieout.web.problems import bad_request
from tieout.web.streaming import EventStream
from tieout.wiring.service import Service

AN_ID = "^[0-9]{0,18}$"
Types = Annotated[
    list[str] | None,
    Parameter(query="type", description="Only these types of events; commas may stand between."),
]
Accounts = Annotated[
    list[str] | None,
    Parameter(query="account", description="Only these accounts; commas may stand between."),
]
LastId = Annotated[
    str,
    Parameter(header="Last-Event-ID", description="Go on after this event.", pattern=AN_ID),
]
LastIdInQuery = Annotated[
    str,
    Parameter(
        query="last_event_id",
        description="The same, where no header can be sent.",
        pattern=AN_ID,
    ),
]


class EventsResponse(Response[str]):
    """A reply that is written as events come."""

    def __init__(self, stream: EventStream) -> None:
        super().__init__("", media_type="text/event-stream")
        self._stream = stream

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        return self._stream


@get(
    "/api/stream/events",
    guards=[needs("read")],
    sync_to_thread=False,
    media_type="text/event-stream",
    **described(
        "events",
        "Events as they are written",
        str,
        example='id: 57\nevent: position:updated\ndata: {"type": "reconciliation"}\n\n',
        problems=(404,),
        media_type="text/event-stream",
    ),
)
def events(
    request: Asking,
    types: Types = None,
    accounts: Accounts = None,
    last_event_id: LastId = "",
    last_id: LastIdInQuery = "",
) -> Response[str]:
    service = service_of(request)
    hub: EventHub = request.app.state.hub
    named = [each.id for name in _names(service, accounts) for each in accounts_of(service, name)]
    kinds = frozenset(word for each in types or [] for word in each.split(",") if word)
    unknown = sorted(each for each in kinds if not is_event_type(each))
    if unknown:
        allowed = f"allowed are {', '.join(EVENT_TYPES)}, and families such as break:*"
        raise bad_request(f"There are no events of type {', '.join(unknown)}", allowed)
    wanted = Wanted(
        types=frozenset(
            each for each in EVENT_TYPES if each in kinds or f"{each.partition(':')[0]}:*" in kinds
        ),
        accounts=frozenset(named),
    )
    last = last_event_id or last_id
    position = hub.first_position(int(last) if last else None)
    client = Client(position=position, wanted=wanted, may_listen=_still(request))
    return EventsResponse(EventStream(hub, client, abort=partial(_abort, request)))


def _names(service: Service, accounts: list[str] | None) -> list[str]:
    """The accounts that are named; commas may stand between, or belong to a name."""
    found: list[str] = []
    for each in accounts or []:
        is_one = "," not in each or service.is_known(each)
        found += [each] if is_one else [name for name in each.split(",") if name]
    return found


def _still(request: Asking) -> Callable[[], bool]:
    """Whether the session or key behind a stream is still good."""
    access: Access = request.app.state.access
    cookie, key = request.cookies.get(COOKIE), request.headers.get(KEY_HEADER)

    def still() -> bool:
        found = access.principal(cookie=cookie, key=key)
        return found is not None and "read" in found.capabilities

    return still


def _abort(request: Asking) -> None:
    """End the connection under a client that takes nothing any more."""
    cut: Callable[[Any], None] | None = getattr(request.app.state, "cut", None)
    if cut is not None:
        cut(request.scope.get(PEER))


routes = [events]
