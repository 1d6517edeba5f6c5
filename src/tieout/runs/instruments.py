"""What is known of instruments: told by the venue, said in the settings, or in the book already."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tieout.core.activity import Side
from tieout.core.book import Book
from tieout.core.declared import Declared
from tieout.core.instrument import Instrument, spelling_key
from tieout.core.matching import Names
from tieout.core.numbers import divide, plain, printed
from tieout.core.reference import contradicting
from tieout.core.snapshot import Holding, Snapshot
from tieout.runs.fetching import Fetched

BY_SIDE: tuple[Side | None, ...] = (None, "long", "short")


def completed(fetched: Fetched, *, book: Book, declared: Sequence[Declared]) -> Fetched:
    """The reading with what a person declared, which goes before what the venue tells, and with
    the contract sizes that the book knows where the venue does not tell them this time.
    """
    is_unsized = any(each.multiplier is None for each in fetched.instruments)
    if not declared and not is_unsized:
        return fetched
    known = _by_id(book.instruments) if is_unsized else {}
    words = _Words(declared)
    told = tuple(_sized(words.over(each), known) for each in fetched.instruments)
    snapshot = fetched.snapshot
    if isinstance(snapshot, Snapshot):
        sizes = {key: each.multiplier for key, each in _by_id(told).items()}
        rows = (words.row(each, sizes, fetched.contract_costs) for each in snapshot.holdings)
        snapshot = replace(snapshot, holdings=tuple(rows))
    return replace(
        fetched,
        snapshot=snapshot,
        instruments=(*told, *words.alone(fetched, told, book)),
        ignored=(*fetched.ignored, *words.not_used),
    )


class _Words:
    """What a person declared, by id and by name."""

    def __init__(self, declared: Iterable[Declared]) -> None:
        self._by_id: dict[str, Declared] = {}
        self._by_name: dict[str, Declared] = {}
        self.not_used: list[str] = []
        for each in declared:
            self._by_id |= dict.fromkeys(each.venue_ids, each)
            names = map(spelling_key, (each.symbol, *each.spellings))
            self._by_name |= dict.fromkeys(names, each)

    def about(self, symbol: str, venue_ids: Sequence[str]) -> Declared | None:
        """What is said: by id where both have one, else by name."""
        for venue_id in venue_ids:
            if venue_id in self._by_id:
                return self._by_id[venue_id]
        found = self._by_name.get(spelling_key(symbol)) if self._by_name else None
        return None if found is None or (found.venue_ids and venue_ids) else found

    def over(self, told: Instrument) -> Instrument:
        """What the venue tells, with what is said in its place."""
        said = self.about(told.symbol, told.venue_ids)
        if said is None:
            return told
        if None not in (said.multiplier, told.multiplier) and said.multiplier != told.multiplier:
            self.not_used.append(
                f"{told.symbol}: the venue's multiplier {told.multiplier}; "
                f"the settings say {said.multiplier}"
            )
        return said.over(told)

    def alone(self, fetched: Fetched, told: Iterable[Instrument], book: Book) -> list[Instrument]:
        """What is said of things that are held or traded, and of which the venue tells nothing."""
        snapshot = fetched.snapshot
        rows = snapshot.holdings if isinstance(snapshot, Snapshot) else ()
        named = [(each.symbol, each.venue_id) for each in rows]
        named += [(each.symbol, each.venue_id) for each in fetched.activities]
        met = (self.about(symbol, (key,) if key else ()) for symbol, key in named)
        found = {each.symbol: each for each in met if each is not None}
        for each in told:
            said = self.about(each.symbol, each.venue_ids)
            found.pop(said.symbol if said else "", None)
        account = book.account
        return [
            each.alone(venue=account.venue, currency=account.currency) for each in found.values()
        ]

    def row(
        self,
        row: Holding,
        sizes: Mapping[str, Decimal | None],
        costs: Mapping[str, Decimal],
    ) -> Holding:
        """A row, with what is said in its place, and with its size where it does not say it."""
        if row.problem is not None:
            return row
        key = row.venue_id or ""
        said = self.about(row.symbol, (key,) if key else ())
        size = said.multiplier if said is not None else None
        if size is None and not row.multiplier and row.average_price is None and key in costs:
            size = sizes.get(key)
        if said is not None:
            row = row._replace(
                asset_class=said.asset_class or row.asset_class,
                currency=said.currency or row.currency,
            )
        if size is None:
            return row
        average = printed(divide(costs[key], size)) if key in costs else row.average_price
        return row._replace(multiplier=plain(size), average_price=average)


def _by_id(instruments: Iterable[Instrument]) -> dict[str, Instrument]:
    return {key: each for each in instruments for key in each.venue_ids}


def _sized(told: Instrument, known: Mapping[str, Instrument]) -> Instrument:
    """An instrument with the size that the book knows, where nobody tells it now."""
    if told.multiplier is not None:
        return told
    before = (known[key].multiplier for key in told.venue_ids if key in known)
    return replace(told, multiplier=next(before, None))


def uncontested(
    told: tuple[Instrument, ...], *, book: Book, declared: Sequence[Declared]
) -> tuple[Instrument, ...]:
    """What was told of instruments, but where it contradicts what is known of an open position.

    A row that says the same makes a break of it, and a person decides. What one has `declared`
    goes before what the book knows.
    """
    if not told or not book.state.open_positions:
        return told
    known = frozenset(book.instruments)
    if known.issuperset(told):
        return told
    account, words = book.account, _Words(declared)
    names = Names(book.ledgers, book.instruments, venue=account.venue, currency=account.currency)
    return tuple(each if each in known else _as_held(book, names, each, words) for each in told)


def _as_held(book: Book, names: Names, told: Instrument, words: _Words) -> Instrument:
    """An instrument as told, but where that contradicts an open position what the book knows."""
    said = words.about(told.symbol, told.venue_ids)
    row = Holding(
        symbol=told.symbol,
        venue_id=told.venue_ids[-1] if told.venue_ids else None,
        asset_class=told.asset_class,
        currency=told.currency,
        multiplier=None if told.multiplier is None else plain(told.multiplier),
    )
    for key in {names.find_row(row._replace(side=side)): None for side in BY_SIDE}:
        if key is None or book.ledgers[key].is_flat:
            continue
        ours = book.ledgers[key].instrument
        for name in contradicting(names, ours, row, last=book.marks.get(key)):
            if said is None or getattr(said, name) is None:
                told = replace(told, **{name: getattr(ours, name)})
    return told


def news_of(book: Book, told: Iterable[Instrument]) -> tuple[Instrument, ...]:
    """The instruments of which the venue told something that the book does not say."""
    known: dict[str, list[Instrument]] = {}
    for each in book.instruments:
        known.setdefault(each.symbol, []).append(each)
    return tuple(each for each in told if each not in known.get(each.symbol, ()))


def with_news(book: Book, news: Sequence[Instrument]) -> Book:
    """The book with new instruments, each in the place of what it renews."""
    by_symbol: dict[str, list[Instrument]] = {}
    for each in news:
        by_symbol.setdefault(each.symbol, []).append(each)
    if not by_symbol:
        return book
    kept = [
        each for each in book.instruments if not _is_renewed(each, by_symbol.get(each.symbol, ()))
    ]
    return replace(book, instruments=(*kept, *news))


def _is_renewed(known: Instrument, news: Iterable[Instrument]) -> bool:
    """Whether one of the same symbol was told that shares an id, or where one has none."""
    return any(
        each.symbol == known.symbol
        and (not (each.venue_ids and known.venue_ids) or {*each.venue_ids} & {*known.venue_ids})
        for each in news
    )
