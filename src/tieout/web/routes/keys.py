"""API keys: listed, made and revoked."""

from functools import partial

from litestar import Response, delete, get, post

from tieout.runs.apart import apart
from tieout.web import examples
from tieout.web.auth import needs
from tieout.web.context import Asking, service_of
from tieout.web.encoding import reply
from tieout.web.openapi import described, schema_of, with_body
from tieout.web.problems import Problem, not_found
from tieout.web.shapes import Done, KeyOnce, Keys, NewKey
from tieout.wiring.credentials import key_material, new_api_key


@get(
    "/api/keys",
    guards=[needs("admin:write")],
    sync_to_thread=False,
    **described("keys", "API keys, revoked ones too", Keys, example=examples.KEYS),
)
def list_keys(request: Asking) -> Response[Keys]:
    keys = service_of(request).store.api_keys()
    return reply({"keys": [key_material(each) for each in keys]}, Keys)


@post(
    "/api/keys",
    guards=[needs("admin:write")],
    operation_class=with_body(
        "What it is called, and what it may do: no more than who makes it.",
        example={"name": "bot", "capabilities": ["read"]},
        schema=schema_of(NewKey),
    ),
    **described(
        "keys",
        "Make an API key; its value is shown this once",
        KeyOnce,
        example=examples.KEY_ONCE,
        problems=(413,),
        status=201,
    ),
)
async def add_key(request: Asking, data: NewKey) -> Response[KeyOnce]:
    service = service_of(request)
    wanted = frozenset(data.capabilities)
    if not wanted <= request.user.capabilities:
        raise Problem(403, "You may not do this", "a key cannot do more than who makes it")
    key, secret = new_api_key(data.name, wanted, at=service.timer.now())
    await apart(partial(service.store.add_key, key))
    return reply({**key_material(key), "key": secret}, KeyOnce, status=201)


@delete(
    "/api/keys/{key_id:str}",
    guards=[needs("admin:write")],
    status_code=200,
    **described(
        "keys",
        "Revoke an API key for ever",
        Done,
        example={"success": True, "message": "The key is revoked"},
        problems=(404,),
    ),
)
async def revoke_key(request: Asking, key_id: str) -> Response[Done]:
    service = service_of(request)
    now = service.timer.now()
    if not await apart(partial(service.store.revoke_key, key_id, at=now)):
        raise not_found("such key", "GET /api/keys lists them")
    request.app.state.hub.look_after_all()
    return reply({"success": True, "message": "The key is revoked"}, Done)


routes = [list_keys, add_key, revoke_key]
