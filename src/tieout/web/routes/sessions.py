"""Signing in and out."""

from datetime import timedelta
from functools import partial

from litestar import Response, get, post
from litestar.datastructures import Cookie

from tieout.ports import Session
from tieout.runs.apart import apart
from tieout.runs.statistics import timestamp
from tieout.web import examples
from tieout.web.auth import COOKIE, Access, needs, refuse_other_sites
from tieout.web.context import Asking, service_of
from tieout.web.encoding import reply
from tieout.web.openapi import described, schema_of, with_body
from tieout.web.problems import Problem
from tieout.web.shapes import Done, Login, SignedIn
from tieout.wiring.credentials import digest_of, new_secret


@post(
    "/api/login",
    status_code=200,
    operation_class=with_body(
        "Name and password of a user.",
        example={"username": "ada", "password": "correct horse"},
        schema=schema_of(Login),
    ),
    **described(
        "sign-in",
        "Sign in; the cookie `session` is set",
        SignedIn,
        example=examples.SIGNED_IN,
        problems=(401, 403, 413, 421),
        is_public=True,
    ),
)
async def log_in(request: Asking, data: Login) -> Response[SignedIn]:
    refuse_other_sites(request)
    access: Access = request.app.state.access
    address = request.client.host if request.client else "-"
    async with access.one_at_a_time:  # many at once would all be before the first failure
        access.refuse_flood(data.username, address)
        try:
            user = await apart(
                partial(access.log_in, data.username, data.password, address=address)
            )
        except Problem:
            log = request.app.state.log
            log.warning("[Sign-in] Login failed", user=data.username, address=address)
            raise
    service = service_of(request)
    lasting = timedelta(hours=float(service.desk.settings.service.session_hours))
    secret, now = new_secret(), service.timer.now()
    session = Session(
        digest=digest_of(secret), user=user.name, created_at=now, expires_at=now + lasting
    )
    await apart(partial(service.store.put_session, session))
    request.app.state.log.info("[Sign-in] Signed in", user=user.name, address=address)
    answer = reply(
        {
            "user": user.name,
            "capabilities": sorted(user.capabilities),
            "expires_at": timestamp(session.expires_at),
        },
        SignedIn,
    )
    answer.set_cookie(
        Cookie(
            key=COOKIE,
            value=secret,
            path="/",
            max_age=round(lasting.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
    )
    return answer


@post(
    "/api/logout",
    guards=[needs("read")],
    status_code=200,
    **described(
        "sign-in",
        "Sign out; the session ends",
        Done,
        example={"success": True, "message": "Signed out"},
    ),
)
async def log_out(request: Asking) -> Response[Done]:
    if request.user.session is not None:
        await apart(partial(service_of(request).store.drop_session, request.user.session))
        request.app.state.hub.look_after_all()
    answer = reply({"success": True, "message": "Signed out"}, Done)
    answer.delete_cookie(COOKIE)
    return answer


@get(
    "/api/session",
    guards=[needs("read")],
    sync_to_thread=False,
    **described("sign-in", "Who is signed in", SignedIn, example=examples.SIGNED_IN),
)
def show_session(request: Asking) -> Response[SignedIn]:
    who = request.user
    ends_at = None if who.expires_at is None else timestamp(who.expires_at)
    return reply(
        {"user": who.name, "capabilities": sorted(who.capabilities), "expires_at": ends_at},
        SignedIn,
    )


routes = [log_in, log_out, show_session]
