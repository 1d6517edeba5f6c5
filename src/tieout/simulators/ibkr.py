"""A TWS or IB Gateway on loopback, for the real `ib_async` and any other client of its socket.

simulator = IbkrSimulator(IbkrMarket(clock=..., chance=...))
with running(simulator):
    await IB().connectAsync(simulator.host, simulator.port, clientId=7, readonly=True)

The same port answers HTTP under `/_sim`. Faults are aimed at requests by their names in the API,
`Fault(Silence(), path="reqPositions")`, at the greeting as `handshake`, at what is pushed as
`position`, `positionMulti`, `updatePortfolio`, `execDetails`, `commissionReport` and `error`, at
what ends an answer as `positionEnd`, `execDetailsEnd`, `accountDownloadEnd` and so on.
`ibkr_troubles` lists everything that can go wrong, for a test that walks through it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from typing import Any

from tieout.simulators.connection import Line
from tieout.simulators.faults import (
    CloseStream,
    MuteStream,
    Standing,
)
from tieout.simulators.ibkr_accounts import portfolio_rows
from tieout.simulators.ibkr_answers import Answer, Answers
from tieout.simulators.ibkr_contracts import Row
from tieout.simulators.ibkr_line import Gone, Wire
from tieout.simulators.ibkr_market import IbkrMarket
from tieout.simulators.ibkr_session import METHOD, Session, is_client
from tieout.simulators.ibkr_wire import Dialect, Message, error, named, position, position_multi
from tieout.simulators.ledger import Account, Impossible
from tieout.simulators.messages import Reply, Request, View
from tieout.simulators.records import Fill
from tieout.simulators.serving import HOST, Simulator, running

__all__ = ["Dialect", "IbkrMarket", "IbkrSimulator", "running"]

GREETING_CODES = (2104, 2106, 2158)
Filter = Callable[[Session], bool]


class IbkrSimulator(Simulator[IbkrMarket]):
    """A gateway that is logged in to all accounts of a market, or to those it is told to manage."""

    def __init__(
        self, market: IbkrMarket, *, dialect: Dialect | None = None, port: int = 0
    ) -> None:
        super().__init__(market, port=port)
        self.dialect = dialect or Dialect()
        self.answers = Answers(market, self.dialect)
        self.chance = self._chance
        self._sessions: list[Session] = []
        market.watch(self)
        self.faults.listen(self._on_fault)

    @property
    def host(self) -> str:
        return HOST

    @property
    def port(self) -> int:
        return self._port

    # Clients.

    def protocol(self, http: Callable[[], asyncio.Protocol]) -> asyncio.Protocol:
        return Wire(partial(self._welcome, http))

    def _welcome(self, http: Callable[[], asyncio.Protocol], wire: Wire) -> None:
        task = asyncio.get_running_loop().create_task(self._host(http, wire))
        self.held.add(task)
        task.add_done_callback(self.held.discard)

    async def _host(self, http: Callable[[], asyncio.Protocol], wire: Wire) -> None:
        session = Session(wire, self)
        is_ours = True
        wire.chunk_bytes = self.dialect.chunk_bytes
        try:
            is_ours = await is_client(wire)
            if is_ours and self.market.login.is_resetting:
                wire.reset()
            elif is_ours:
                await session.hold()
            else:
                wire.hand_over(http())
        except Gone:
            pass
        finally:
            if session in self._sessions:
                self._sessions.remove(session)
            if is_ours:
                wire.close()

    def admit(self, session: Session, client_id: int) -> Answer:
        """A client names itself: it is let in, or told why not."""
        used = {each.client_id for each in self._sessions} | self.market.login.occupied
        if client_id in used:
            return Answer(end=[error(326)])
        if len(self._sessions) >= self.dialect.clients_max:
            return Answer()
        session.client_id = client_id
        self._sessions.append(session)
        with self.market.changing():
            rows = [self.answers.managed_accounts()]
        state = [error(2110)] if self.market.login.frozen is not None else []
        farms = [error(code) for code in GREETING_CODES]
        return Answer(rows, [named(9, orderId="1"), *(state or farms)])

    def name_of(self, number: str) -> str | None:
        """The market's name of an account; None where there is none of that number."""
        account = self.answers.mine_by_number(number)
        return account.name if account else None

    def first_number(self) -> str:
        return next((account.number for account in self.answers.mine()), "")

    def is_account_taken(self, session: Session, number: str) -> bool:
        """Whether another client has subscribed to another account."""
        return any(
            each.account not in ("", number) for each in self._sessions if each is not session
        )

    # What clients are told without asking. Called in the thread that changed the market.

    def on_fill(self, account: Account, fill: Fill) -> None:
        if not self._hears_fills():
            return
        told = self.answers.pushed_execution(account, fill)
        self._later(self._push, "execDetails", account, lambda _: [told])
        if fill.id in self.market.owed and self.dialect.has_placeholders:
            self.on_commission(account, fill)

    def on_commission(self, account: Account, fill: Fill) -> None:
        if self._hears_fills():
            told = self.answers.commission_report(account, fill)
            self._later(self._push, "commissionReport", account, lambda _: [told])

    def on_holding(self, account: Account, symbol: str) -> None:
        if not self._sessions or self.market.login.frozen is not None:
            return
        rows = self.market.rows_of(account, symbol)
        shown = [position(row) for row in self.answers.shown(rows)]
        self._later(self._push, "position", account, partial(_positions, shown))
        self._later(self._push, "positionMulti", account, partial(_multi_positions, rows))
        if account.name in self.market.login.linked:
            return
        self._push_portfolio(account, portfolio_rows(self.market, account, [symbol]))

    def on_message(self, code: int, text: str) -> None:
        self._later(self._push, "error", None, lambda _: [error(code, text)])

    def on_marks(self) -> None:
        for account in self.answers.mine():
            if account.name not in self.market.login.linked:
                marked = portfolio_rows(self.market, account, list(account.holdings))
                self._push_portfolio(account, marked)

    def on_subscriptions_lost(self) -> None:
        self._later(self._forget_subscriptions)

    def on_dialect(self, changed: Mapping[str, Any]) -> None:
        known = {each.name for each in fields(Dialect)}
        if not changed.keys() <= known:
            raise Impossible(f"a dialect has: {', '.join(sorted(known))}")
        for name, value in changed.items():
            setattr(self.dialect, name, value)

    def on_drop(self) -> None:
        self._later(self._drop_all)

    def _push_portfolio(self, account: Account, marked: list[Message]) -> None:
        told = partial(_portfolio, account.number, marked)
        self._later(self._push, "updatePortfolio", account, told)

    def _hears_fills(self) -> bool:
        is_up = self.market.login.frozen is None or self.market.login.lets_fills_through
        return bool(self._sessions) and is_up and self.dialect.pushes_executions

    def _later(self, action: Callable[..., None], *facts: Any) -> None:
        if self._thread is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action, *facts)

    # The same, in the server's thread.

    def _push(
        self, name: str, account: Account | None, messages: Callable[[Session], list[Message]]
    ) -> None:
        if account is not None and self.name_of(account.number) is None:
            return
        for session in list(self._sessions):
            for message in messages(session):
                copies = session.copies(name, account.name if account else None)
                session.say(*[message] * copies)

    def _on_fault(self, standing: Standing) -> None:
        """A fault that silences or closes every stream does so at once, where one is open."""
        is_general = standing.fault.path == "*" and standing.fault.account is None
        if is_general and isinstance(standing.fault.effect, CloseStream | MuteStream):
            self._later(self._break_now, standing)

    def _break_now(self, standing: Standing) -> None:
        for session in list(self._sessions):
            if not standing.fires("STREAM", METHOD, None):
                continue
            if isinstance(standing.fault.effect, MuteStream):
                session.is_mute = True
            else:
                session.close()
        if self._sessions and standing.is_over(self.market.clock()):
            self.faults.remove(standing.number)

    def _forget_subscriptions(self) -> None:
        for session in self._sessions:
            session.has_positions, session.account = False, ""
            session.multi.clear()

    def _drop_all(self) -> None:
        for session in self._sessions:
            session.close()

    # Over HTTP there is nothing but `/_sim`.

    def account_of(self, _: Request) -> str | None:
        return None

    def answer(self, _: Request, __: View) -> Reply:
        return self.refusal(404, "this is the socket of a gateway; only /_sim answers HTTP")

    def refusal(self, status: int, message: str) -> Reply:
        return Reply(status, {"message": message})

    def headers(self, _: Request, __: Reply) -> Mapping[str, str]:
        return {}

    async def converse(self, line: Line) -> None:
        await line.reply(self.refusal(404, "there is no websocket here"))

    def on_start(self, _: asyncio.AbstractEventLoop) -> None:
        self._sessions.clear()


def _positions(shown: list[Message], session: Session) -> list[Message]:
    return shown if session.has_positions else []


def _multi_positions(rows: list[Row], session: Session) -> list[Message]:
    return [
        position_multi(row, req_id)
        for req_id, (number, model) in session.multi.items()
        for row in rows
        if number in ("", row.account) and model in ("", row.model)
    ]


def _portfolio(number: str, marked: list[Message], session: Session) -> list[Message]:
    return marked if session.account == number else []
