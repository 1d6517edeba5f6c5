"""What the stub's gateway has: lists of the login, and of its slots of isolated margin."""

from venues.coinbase_rows import Row, rpc, rpc_error
from venues.stub import Said

GATEWAY = "/api/v2"
AUTH = f"{GATEWAY}/public/auth"
POSITIONS = f"{GATEWAY}/private/get_positions"
TRADES = f"{GATEWAY}/private/get_user_trades_by_currency_and_time"
LOG = f"{GATEWAY}/private/get_transaction_log"
SUBACCOUNTS = f"{GATEWAY}/private/get_subaccounts"

# As in Coinbase's guide to isolated positions.
MAIN = {"id": 1000, "type": "main", "isolated": None, "isolated_margin_instrument": None}


def whose(slot: int) -> Row:
    """What the gateway says of whose a row in isolated margin is."""
    return {"user_id": slot, "main_uid": MAIN["id"], "isolated": True}


def _sized(row: Row) -> Row:
    """A row as tests write it, with its size in coins (in dollars where inverse), as the gateway
    writes it, in both."""
    size, price = row.get("size"), row.get("mark_price")
    if "size" not in row or "size_currency" in row:
        return row
    is_plain = isinstance(size, int | float) and isinstance(price, int | float)
    if is_plain and "_" not in row["instrument_name"]:
        return {**row, "size_currency": size / price}
    return {**row, "size_currency": size, "size": size * price if is_plain else size}


def _is_settled_in(currency: str, row: Row) -> bool:
    """Whether a trade is of a list: `BTC-PERPETUAL` is settled in BTC, `BTC_USDC-...` in USDC."""
    coin, _, quote = row["instrument_name"].partition("-")[0].partition("_")
    return currency == (quote or coin)


class GatewayLists:
    """Answers from `positions`, `trades` and `log`, and from those of the slots."""

    def __init__(self) -> None:
        self.positions: list[Row] = []
        self.trades: list[Row] = []
        self.log: list[Row] | None = []
        self.isolated: dict[int, list[Row]] = {}
        self.isolated_trades: dict[int, list[Row]] = {}
        self.isolated_log: dict[int, list[Row]] = {}
        self.unlisted: set[int] = set()  # slots that are there, but in no list
        self.refused: set[str] = set()  # currencies that it does not have
        self.refused_logs: set[str] = set()
        self.page_rows_max = 250

    def answer_of_gateway(self, path: str, params: Row) -> Said:
        """What is said of a list; a slot that is not there is a stranger's."""
        owner = params.get("subaccount_id")
        if owner is not None and owner not in self.isolated:
            return rpc_error(13021, "forbidden")
        if params.get("currency") in self.refused:
            return rpc_error(-32602, "Invalid params")
        if path == LOG and params["currency"] in self.refused_logs:
            return rpc_error(-32602, "Invalid params")
        match path:
            case _ if path == POSITIONS:
                return rpc(self._positions(owner, params))
            case _ if path == SUBACCOUNTS:
                return rpc([MAIN, *(self._slots() if params.get("include_isolated") else ())])
            case _ if path == TRADES:
                rows = self.trades if owner is None else self.isolated_trades.get(owner, [])
                return self._trades(rows, params)
            case _ if path == LOG and self.log is not None:
                rows = self.log if owner is None else self.isolated_log.get(owner, [])
                return self._log(rows, params)
        return rpc_error(-32601, "Method not found")

    def _slots(self) -> list[Row]:
        shown = (each for each in self.isolated if each not in self.unlisted)
        return [{"id": each, "type": "subaccount", "isolated": True} for each in shown]

    def _positions(self, owner: int | None, params: Row) -> list[Row]:
        if owner is not None:
            return [{**_sized(row), **whose(owner)} for row in self.isolated[owner]]
        added = [
            {**_sized(row), **whose(slot)}
            for slot, rows in self.isolated.items()
            for row in rows
            if params.get("include_isolated") and slot not in self.unlisted
        ]
        return [*map(_sized, self.positions), *added]

    def _trades(self, trades: list[Row], params: Row) -> Said:
        mine = (row for row in trades if _is_settled_in(params["currency"], row))
        rows = [row for row in mine if row["timestamp"] >= params["start_timestamp"]]
        rows = sorted(rows, key=lambda row: row["timestamp"])
        most = min(params["count"], self.page_rows_max)
        return rpc({"trades": rows[:most], "has_more": len(rows) > most})

    def _log(self, log: list[Row], params: Row) -> Said:
        rows = [
            row
            for row in sorted(log, key=lambda row: (row["timestamp"], row["id"]), reverse=True)
            if params["start_timestamp"] <= row["timestamp"] <= params["end_timestamp"]
            and row.get("currency", "USDC") == params["currency"]
        ]
        first = params.get("continuation", 0)
        last = first + min(params["count"], self.page_rows_max)
        more = last if last < len(rows) else None
        return rpc({"logs": rows[first:last], "continuation": more})
