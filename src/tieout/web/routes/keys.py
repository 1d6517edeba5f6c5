"""API keys: listed, made and revoked."""

import secrets
from typing import Any

from litestar import Response, delete, get, post

from tieout.ports import ApiKey
from tieout.runs.statistics import timestamp
from tieout.web import examples
from tieout.web.auth import needs
from tieout.web.context import Asking, service_of
from tieout.web.encoding import reply
from tieout.web.openapi import described
from tieout.web.passwords import digest_of, new_key
from tieout.web.problems import Problem, not_found
from tieout.web.shapes import Done, KeyOnce, Keys, NewKey

ID_BYTES = 6


def key_material(key: ApiKey) -> dict[str, Any]:
    """A key without its secret, which nobody has."""
    return {
        "id": key.id,
        "name": key.name,
        "capabilities": sorted(key.capabilities),
        "created_at": timestamp(key.created_at),
        "last_used_at": None if key.last_used_at is None else timestamp(key.last_used_at),
        "revoked_at": None if key.revoked_at is None else timestamp(key.revoked_at),
    }


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
    sync_to_thread=False,
    **described(
        "keys",
        "Make an API key; its value is shown this once",
        KeyOnce,
        example=examples.KEY_ONCE,
        status=201,
    ),
)
def add_key(request: Asking, data: NewKey) -> Response[KeyOnce]:
    service = service_of(request)
    wanted = frozenset(data.capabilities)
    if not wanted <= request.user.capabilities:
        raise Problem(403, "You may not do this", "a key cannot do more than who makes it")
    secret = new_key()
    key = ApiKey(
        id=secrets.token_hex(ID_BYTES),
        name=data.name,
        digest=digest_of(secret),
        capabilities=wanted,
        created_at=service.timer.now(),
    )
    service.store.add_key(key)
    return reply({**key_material(key), "key": secret}, KeyOnce, status=201)


@delete(
    "/api/keys/{key_id:str}",
    guards=[needs("admin:write")],
    status_code=200,
    sync_to_thread=False,
    **described(
        "keys",
        "Revoke an API key for ever",
        Done,
        example={"success": True, "message": "The key is revoked"},
        problems=(404,),
    ),
)
def revoke_key(request: Asking, key_id: str) -> Response[Done]:
    service = service_of(request)
    if not service.store.revoke_key(key_id, at=service.timer.now()):
        raise not_found("such key", "GET /api/keys lists them")
    return reply({"success": True, "message": "The key is revoked"}, Done)


routes = [list_keys, add_key, revoke_key]
