"""Coinbase's replies as they are on the wire: every number is kept as the text that was sent."""

from tieout.venues.coinbase.rows import (
    Breakdown,
    FillPage,
    FillRow,
    FutureRow,
    Permissions,
    Portfolio,
    Product,
    SpotRow,
    Unreadable,
    WalletPage,
    WalletRow,
)
from tieout.venues.http.bodies import (
    BodyInvalid,
    Object,
    kind_of,
    list_of,
    object_in,
    refuse,
    texts,
)


def permissions_in(body: bytes) -> Permissions:
    """Whose a key is; a reply that names no portfolio is refused."""
    found = object_in(body, "permissions of a key")
    fields = texts(found)
    if not fields.get("portfolio_uuid"):
        refuse(found, "permissions of a key")
    return Permissions(
        portfolio=fields["portfolio_uuid"],
        kind=fields.get("portfolio_type", ""),
        can_view=_flag(found.get("can_view")),
        can_trade=_flag(found.get("can_trade")),
        can_transfer=_flag(found.get("can_transfer")),
    )


def portfolios_in(body: bytes) -> tuple[Portfolio, ...]:
    """The portfolios that still exist."""
    rows = list_of(object_in(body, "portfolios"), "portfolios", "portfolios")
    found = [(row, texts(row)) for row in rows if isinstance(row, dict)]
    return tuple(
        Portfolio(uuid=fields["uuid"], name=fields.get("name", ""), kind=fields.get("type", ""))
        for row, fields in found
        if fields.get("uuid") and not row.get("deleted")
    )


def wallets_in(body: bytes) -> WalletPage:
    """A page of wallets, which says whether it is the last and how many rows it has."""
    found = object_in(body, "a page of accounts")
    rows = list_of(found, "accounts", "a page of accounts")
    has_next, size = found.get("has_next"), found.get("size")
    if not isinstance(has_next, bool):
        refuse(found, "a page of accounts that says whether there are more")
    if isinstance(size, int) and size != len(rows):
        raise BodyInvalid(f"a page that says it has {size} accounts, but {len(rows)} came")
    cursor = texts(found).get("cursor")
    if has_next and not cursor:
        raise BodyInvalid("a page of accounts with more to come and no cursor to them")
    return WalletPage(rows=tuple(map(_wallet, rows)), cursor=cursor if has_next else None)


def _wallet(row: object) -> WalletRow | Unreadable:
    fields = texts(row) if isinstance(row, dict) else {}
    if not isinstance(row, dict) or not fields.get("currency") or not fields.get("uuid"):
        return f"an account is {kind_of(row)} without a currency or id"
    available, currency = amount_in(row.get("available_balance"))
    hold, hold_currency = amount_in(row.get("hold"))
    others = {currency, hold_currency} - {None, fields["currency"]}
    if others:
        return f"the account of {fields['currency']} has amounts in {', '.join(map(str, others))}"
    return WalletRow(
        uuid=fields["uuid"],
        currency=fields["currency"].strip(),
        available=available,
        hold=hold,
        kind=fields.get("type", "").removeprefix("ACCOUNT_TYPE_"),
        portfolio=fields.get("retail_portfolio_id") or None,
        updated=fields.get("updated_at"),
    )


def breakdown_in(body: bytes) -> Breakdown:
    """The breakdown of a portfolio; one that does not name it is refused."""
    inner = object_in(body, "a portfolio breakdown").get("breakdown")
    if not isinstance(inner, dict):
        refuse(object_in(body, "a portfolio breakdown"), "a portfolio breakdown")
    portfolio = inner.get("portfolio")
    named = texts(portfolio) if isinstance(portfolio, dict) else {}
    if not named.get("uuid"):
        refuse(inner, "a breakdown that names its portfolio")
    spot = list_of(inner, "spot_positions", "a portfolio breakdown")
    return Breakdown(
        portfolio=named["uuid"],
        spot=tuple(_spot(row) for row in spot if isinstance(row, dict)),
        futures=_names(inner.get("futures_positions")),
        perpetuals=_names(inner.get("perp_positions")),
    )


def _spot(row: Object) -> SpotRow:
    fields = texts(row)
    cost, currency = amount_in(row.get("cost_basis"))
    return SpotRow(
        asset=fields.get("asset", "").strip(),
        cost=cost,
        cost_currency=currency,
        fiat=fields.get("total_balance_fiat"),
        crypto=fields.get("total_balance_crypto"),
        is_cash=row.get("is_cash") is True,
    )


def _names(rows: object) -> tuple[str, ...] | None:
    if not isinstance(rows, list):
        return None
    found = [texts(row) for row in rows if isinstance(row, dict)]
    names = (fields.get("product_id") or fields.get("symbol") or "" for fields in found)
    return tuple(name for name in names if name)


def fills_in(body: bytes) -> FillPage:
    """A page of fills; it has no word on whether there are more but its cursor."""
    found = object_in(body, "a page of fills")
    rows = list_of(found, "fills", "a page of fills")
    return FillPage(rows=tuple(map(_fill, rows)), cursor=texts(found).get("cursor") or None)


def _fill(row: object) -> FillRow | Unreadable:
    fields = texts(row) if isinstance(row, dict) else {}
    entry_id, product = fields.get("entry_id"), fields.get("product_id")
    if not isinstance(row, dict) or not entry_id or not product:
        return f"a fill is {kind_of(row)} without an entry_id or product"
    traded = fields.get("trade_time", "")
    return FillRow(
        entry_id=entry_id,
        product=product.strip(),
        trade_time=traded,
        sequence_time=fields.get("sequence_timestamp") or traded,
        kind=fields.get("trade_type"),
        side=fields.get("side"),
        price=fields.get("price"),
        size=fields.get("size"),
        is_in_quote=row.get("size_in_quote") is True,
        commission=fields.get("commission"),
        portfolio=fields.get("retail_portfolio_id") or None,
    )


def futures_in(body: bytes) -> tuple[FutureRow | Unreadable, ...]:
    """The positions in US futures; a reply without a list of them is refused."""
    found = object_in(body, "a list of futures positions")
    return tuple(map(_future, list_of(found, "positions", "a list of futures positions")))


def _future(row: object) -> FutureRow | Unreadable:
    fields = texts(row) if isinstance(row, dict) else {}
    if not isinstance(row, dict) or not fields.get("product_id"):
        return f"a futures position is {kind_of(row)} without a product"
    side = (fields.get("side") or "").upper()
    return FutureRow(
        product=fields["product_id"].strip(),
        side=side.rpartition("_")[2] or None,
        contracts=fields.get("number_of_contracts"),
        average=amount_in(row.get("avg_entry_price"))[0],
        price=amount_in(row.get("current_price"))[0],
        contract_size=fields.get("contract_size"),
        expires=fields.get("expiration_time"),
        leverage=fields.get("leverage"),
        liquidation_price=amount_in(row.get("liquidation_price"))[0],
    )


def product_in(body: bytes) -> Product:
    """A product with what it says about being a future."""
    found = object_in(body, "a product")
    fields = texts(found)
    if not fields.get("product_id"):
        refuse(found, "a product")
    details = found.get("future_product_details")
    future = texts(details) if isinstance(details, dict) else {}
    names = (fields.get("display_name", ""), future.get("group_description", ""))
    return Product(
        id=fields["product_id"],
        contract_size=future.get("contract_size"),
        expires=future.get("contract_expiry"),
        is_perpetual=bool(future.get("funding_interval"))
        or any("PERP" in name.upper() for name in names),
        currency=fields.get("quote_currency_id") or "USD",
    )


def amount_in(value: object) -> tuple[str | None, str | None]:
    """An amount and its currency: {value, currency}, or a plain text or number."""
    if isinstance(value, dict):
        fields = texts(value)
        return fields.get("value"), fields.get("currency") or None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value), None
    return None, None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
