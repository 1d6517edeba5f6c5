"""The right answers of a gateway to what its clients ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tieout.simulators import ibkr_accounts as accounts
from tieout.simulators.holdings import ZERO
from tieout.simulators.ibkr_contracts import Contract, Row, summed
from tieout.simulators.ibkr_details import contract_details, is_asked
from tieout.simulators.ibkr_market import IbkrMarket, fills_of
from tieout.simulators.ibkr_requests import Heard
from tieout.simulators.ibkr_wire import (
    Dialect,
    Message,
    commission,
    error,
    exec_id_of,
    execution,
    named,
    position,
    position_multi,
    time_in,
    time_of,
    told,
)
from tieout.simulators.ledger import Account
from tieout.simulators.records import Fill

PLACEHOLDER = Decimal(-1)  # a commission that is not known yet
READ_ONLY = (
    "Error validating request.-'bP' : cause - The API interface is currently in Read-Only mode."
)
SIDES = {"BUY": 1, "BOT": 1, "SELL": -1, "SLD": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What an answer looks at: positions of which moment (None: now), by a clock how wrong."""

    positions_at: datetime | None = None
    skew: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows, which a fault may spoil, and what is said after them."""

    rows: list[Message] = field(default_factory=list)
    end: list[Message] = field(default_factory=list)


class Answers:
    """What a gateway knows of the accounts it was logged in to."""

    def __init__(self, market: IbkrMarket, dialect: Dialect) -> None:
        self.market = market
        self.dialect = dialect
        self._login = market.login
        self._handlers: Mapping[str, Callable[[Heard, Look], Answer]] = {
            "placeOrder": self._no_order,
            "cancelOrder": self._no_order,
            "reqOpenOrders": self._orders,
            "reqAllOpenOrders": self._orders,
            "reqCompletedOrders": self._orders,
            "reqAutoOpenOrders": lambda _, __: Answer(),
            "reqAccountUpdates": self._account_updates,
            "reqAccountUpdatesMulti": self._account_updates_multi,
            "reqAccountSummary": self._account_summary,
            "reqExecutions": self._executions,
            "reqIds": lambda _, __: Answer([named(9, orderId="1")]),
            "reqManagedAccts": lambda _, __: Answer([self.managed_accounts()]),
            "reqContractDetails": self._contract_details,
            "reqCurrentTime": self._current_time,
            "reqPositions": self._positions,
            "reqPositionsMulti": self._positions_multi,
            "reqPnL": self._pnl,
            "reqPnLSingle": self._pnl_single,
        }

    def to(self, heard: Heard, look: Look) -> Answer:
        """The answer; nothing to what only ends a subscription."""
        handler = self._handlers.get(heard.name)
        if handler is None:
            return Answer()
        with self.market.changing():
            return handler(heard, look)

    def mine(self) -> list[Account]:
        """The accounts of this login."""
        names = list(self.market.accounts) if self._login.managed is None else self._login.managed
        return [self.market.account(name) for name in names]

    def mine_by_number(self, number: str) -> Account | None:
        return next((each for each in self.mine() if each.number == number), None)

    def managed_accounts(self) -> Message:
        return named(15, accounts=",".join(account.number for account in self.mine()))

    def rows(self, account: Account, look: Look) -> list[Row]:
        """Line by line, and what was closed today."""
        if self._login.frozen is not None:
            found = self._login.frozen.get(account.name, [])
        else:
            found = self.market.rows(account, at=look.positions_at)
            if look.positions_at is None:
                found += self.market.closed_today(account)
        return [row for row in found if row.quantity != ZERO or self.dialect.lists_closed]

    def shown(self, rows: list[Row]) -> list[Row]:
        """As reqPositions shows them, which has no field for a model."""
        return rows if self.dialect.model_rows == "apart" else summed(rows)

    def pushed_execution(self, account: Account, fill: Fill) -> Message:
        return self._execution(account, fill, req_id="-1", skew=timedelta(0))

    def commission_report(self, account: Account, fill: Fill) -> Message:
        """What was taken for the fill; a placeholder while it is not known."""
        market = self.market
        taken, realized = market.commission_of(fill), market.realized_by(fill)
        if fill.id in market.owed:
            taken, realized = PLACEHOLDER, None
        currency = market.contract(fill.symbol).currency
        return commission(self._exec_id(account, fill), taken, currency, realized)

    def has_report(self, fill: Fill) -> bool:
        return fill.id not in self.market.owed or self.dialect.has_placeholders

    def _positions(self, _: Heard, look: Look) -> Answer:
        if len(self.mine()) > self.dialect.accounts_max:
            cause = f"more than {self.dialect.accounts_max} accounts, use reqPositionsMulti"
            return Answer(end=[error(321, f"Error validating request.-'cn' : cause - {cause}")])
        rows = [
            position(row) for account in self.mine() for row in self.shown(self.rows(account, look))
        ]
        return Answer(rows, [told(62)])

    def _positions_multi(self, heard: Heard, look: Look) -> Answer:
        account = self._account(heard)
        if account is None:
            return self._unknown_account(heard)
        model = heard["model"]
        rows = [
            position_multi(row, heard.req_id)
            for row in self.rows(account, look)
            if model in ("", row.model)
        ]
        return Answer(rows, [named(72, reqId=heard.req_id)])

    def _account_updates(self, heard: Heard, look: Look) -> Answer:
        if heard["subscribe"] != "1":
            return Answer()
        account = self._account(heard)
        if account is None:
            return self._unknown_account(heard)
        values = [
            accounts.value_message(account, each) for each in accounts.values(self.market, account)
        ]
        if account.name in self._login.linked:
            return Answer(values)
        held = accounts.portfolio_rows(self.market, account, list(account.holdings))
        stamp = [self._account_time(look)]
        return Answer([*values, *held], [*stamp, named(54, account=account.number)])

    def _account_time(self, look: Look) -> Message:
        at = (self.market.clock() + look.skew).astimezone(ZoneInfo(self.dialect.time_zone))
        return named(8, time=f"{at:%H:%M}")

    def _account_updates_multi(self, heard: Heard, _: Look) -> Answer:
        account = self._account(heard)
        if account is None:
            return self._unknown_account(heard)
        rows = [
            accounts.multi_value(account, each, req_id=heard.req_id, model=heard["model"])
            for each in accounts.values(self.market, account)
        ]
        return Answer(rows, [named(74, reqId=heard.req_id)])

    def _account_summary(self, heard: Heard, _: Look) -> Answer:
        rows = [
            message
            for account in self.mine()
            for message in accounts.summary(self.market, account, heard["tags"], heard.req_id)
        ]
        return Answer(rows, [named(64, reqId=heard.req_id)])

    def _pnl(self, heard: Heard, _: Look) -> Answer:
        account = self._account(heard)
        if account is None:
            return self._unknown_account(heard)
        return Answer([accounts.pnl(self.market, account, heard.req_id)])

    def _pnl_single(self, heard: Heard, _: Look) -> Answer:
        account = self._account(heard)
        if account is None:
            return self._unknown_account(heard)
        row = accounts.pnl_single(self.market, account, heard["conId"], heard.req_id)
        return Answer([row])

    def _executions(self, heard: Heard, look: Look) -> Answer:
        rows: list[Message] = []
        reports: list[Message] = []
        for account, fill in self._fills_asked(heard):
            rows.append(self._execution(account, fill, req_id=heard.req_id, skew=look.skew))
            report = [self.commission_report(account, fill)] if self.has_report(fill) else []
            late = self.dialect.commissions == "after the end"
            (reports if late else rows).extend(report)
        return Answer(rows, [named(55, reqId=heard.req_id), *reports])

    def _fills_asked(self, heard: Heard) -> list[tuple[Account, Fill]]:
        """Those of the last days that the filter lets through, oldest first."""
        zone = ZoneInfo(self.dialect.time_zone)
        midnight = self.market.clock().astimezone(zone).replace(hour=0, minute=0, second=0)
        since = midnight.replace(microsecond=0) - timedelta(days=self.dialect.execution_days - 1)
        since = max(since, time_in(heard["time"], self.dialect) or since)
        found = [
            (account, fill)
            for account in self.mine()
            for fill in self._standing(account)
            if fill.at >= since and self._passes(heard, account, fill)
        ]
        return sorted(found, key=lambda each: each[1].at)

    def _standing(self, account: Account) -> list[Fill]:
        """Without busted fills; a corrected one is still listed, beside its correction."""
        fills = fills_of(account)
        corrected = {fill.corrects for fill in fills}
        keeps_corrected = self.dialect.corrections == "both"
        return [
            fill
            for fill in fills
            if fill.status != "canceled" or (keeps_corrected and fill.id in corrected)
        ]

    def _passes(self, heard: Heard, account: Account, fill: Fill) -> bool:
        contract = self.market.contract(fill.symbol)
        sign = SIDES.get(heard["side"].upper(), 0)
        return (
            heard["account"] in ("", account.number)
            and heard["symbol"] in ("", contract.root)
            and heard["secType"] in ("", contract.sec_type)
            and heard["exchange"] in ("", contract.exchange)
            and (sign == 0 or sign * fill.quantity > ZERO)
        )

    def _execution(self, account: Account, fill: Fill, *, req_id: str, skew: timedelta) -> Message:
        order = account.orders[fill.order_id]
        return execution(
            fill,
            order,
            contract=self.market.contract(fill.symbol),
            account=account.number,
            exec_id=self._exec_id(account, fill),
            time=time_of(fill.at + skew, self.dialect),
            req_id=req_id,
            model=self.market.models.get(order.id, ""),
        )

    def _exec_id(self, account: Account, fill: Fill) -> str:
        if fill.corrects is None:
            return exec_id_of(fill, {})
        return exec_id_of(fill, {each.id: each for each in fills_of(account)})

    def _contract_details(self, heard: Heard, _: Look) -> Answer:
        listed = [*self.market.assets.values()]
        if heard["includeExpired"] == "1":
            listed += self.market.former_assets.values()
        found = [
            contract_details(each, heard.req_id, self.dialect)
            for each in listed
            if isinstance(each, Contract) and is_asked(each, heard)
        ]
        if not found:
            return Answer(end=[error(200, req_id=heard.req_id)])
        return Answer(found, [named(52, reqId=heard.req_id)])

    def _current_time(self, _: Heard, look: Look) -> Answer:
        now = self.market.clock() + look.skew
        return Answer([named(49, time=str(int(now.timestamp())))])

    def _orders(self, heard: Heard, _: Look) -> Answer:
        """There are no open orders, and none from before."""
        if self.dialect.is_read_only:
            return Answer(end=[error(321, READ_ONLY)])
        if heard.name == "reqCompletedOrders":
            return Answer(end=[told(102, version=None)])
        return Answer(end=[told(53)])

    def _no_order(self, heard: Heard, _: Look) -> Answer:
        return Answer(end=[error(321, READ_ONLY, req_id=heard.req_id)])

    def _account(self, heard: Heard) -> Account | None:
        if not heard["account"]:
            return next(iter(self.mine()), None)
        return self.mine_by_number(heard["account"])

    def _unknown_account(self, heard: Heard) -> Answer:
        text = "Error validating request.-'bI' : cause - Invalid account code"
        return Answer(end=[error(321, f"{text} '{heard['account']}'", req_id=heard.req_id)])
