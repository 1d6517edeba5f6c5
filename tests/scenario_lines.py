"""The lines of a scenario that say what is given: text in, the material of a case file out."""

import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

FIRST_STEP_AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
STEP_LASTS = timedelta(minutes=1)
ACTIVITY_LEADS = timedelta(seconds=30)

NUMBER = re.compile(r"~?[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
CLOCK = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d+)?)?")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
CURRENCY = re.compile(r"[A-Z]{3,5}")
MULTIPLIER = re.compile(r"x(\d+\.?\d*)")
STATUSES = ("OPENING", "OPEN", "REDUCED", "CLOSING", "CLOSED", "LIQUIDATED")
ACTIVITIES = (
    "fill", "fee", "funding", "dividend", "split", "rename", "spin_off", "merger", "transfer",
    "expiry", "assignment", "exercise", "liquidation",
)  # fmt: skip
ASSET_CLASSES = (
    "stock", "option", "future", "perpetual", "spot", "forex", "bond", "fund", "other",
)  # fmt: skip
SIDES = ("long", "short")


class Tokens:
    """The words of one line, taken from the left."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.words: list[str] = []
        for word in shlex.split(line, comments=True):
            self.words += [word[:-1], ","] if word.endswith(",") and word != "," else [word]

    def __bool__(self) -> bool:
        return bool(self.words)

    def take(self) -> str:
        assert self.words, f"the line ends too early: {self.line}"
        return self.words.pop(0)

    def peek(self, place: int = 0) -> str:
        return self.words[place] if place < len(self.words) else ""

    def skip(self, *words: str) -> bool:
        """Take these words if they come next."""
        if tuple(self.words[: len(words)]) != words:
            return False
        del self.words[: len(words)]
        return True

    def number(self) -> str:
        word = self.take()
        assert NUMBER.fullmatch(word), f"{word} is no number: {self.line}"
        return word

    def is_number(self, place: int = 0) -> bool:
        return NUMBER.fullmatch(self.peek(place)) is not None

    def currency(self) -> str | None:
        """A currency if one comes next; a status is none."""
        word = self.peek()
        is_one = CURRENCY.fullmatch(word) and word not in STATUSES
        return self.take() if is_one else None

    def done(self) -> None:
        assert not self.words, f"not understood: {' '.join(self.words)!r} in: {self.line}"


def text_of(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def moment_of(word: str, *, day: datetime = FIRST_STEP_AT) -> datetime:
    """14:58 on the day of the scenario, a date (its first moment), or a whole time."""
    if CLOCK.fullmatch(word):
        word = f"{day.date()}T{word}"
    moment = datetime.fromisoformat(word)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


Reader = Callable[[Tokens], Any]


def word_after(tokens: Tokens) -> str:
    return tokens.take()


def number_after(tokens: Tokens) -> str:
    return tokens.number()


def time_after(tokens: Tokens) -> str:
    return text_of(moment_of(tokens.take()))


def flag(tokens: Tokens) -> bool:
    return True


# The word in a scenario, the key in the case file, and how what follows the word is read.
ACTIVITY_WORDS: dict[str, tuple[str, Reader]] = {
    "@": ("price", number_after),
    "cost": ("cost", number_after),
    "to": ("to", word_after),
    "side": ("side", word_after),
    "lot": ("lot", word_after),
    "id": ("venue_id", word_after),
    "cancels": ("cancels", word_after),
    "pnl": ("realized_pnl", number_after),
    "rate": ("base_rate", number_after),
    "deleveraged": ("deleveraged", flag),
    "at": ("at", time_after),
}
HOLDING_WORDS: dict[str, tuple[str, Reader]] = {
    "@": ("average_price", word_after),
    "price": ("price", word_after),
    "id": ("venue_id", word_after),
    "side": ("side", word_after),
    "leverage": ("leverage", word_after),
    "liquidation": ("liquidation_price", word_after),
    "margin": ("margin_mode", word_after),
    "pnl": ("realized_pnl", word_after),
}
BOOK_WORDS: dict[str, tuple[str, Reader]] = {
    "@": ("average_price", number_after),
    "side": ("side", word_after),
    "id": ("venue_id", word_after),
    "opened": ("opened_at", time_after),
    "realized": ("realized", number_after),
    "expires": ("expires", word_after),
}
INSTRUMENT_WORDS: dict[str, tuple[str, Reader]] = {
    "expires": ("expires", word_after),
    "decimals": ("price_decimals", number_after),
    "inverse": ("inverse", flag),
}
LOCAL_WORDS: dict[str, tuple[str, Reader]] = {
    "@": ("price", number_after),
    "side": ("side", word_after),
    "at": ("at", time_after),
}


def read_words(tokens: Tokens, words: dict[str, tuple[str, Reader]], into: Json) -> bool:
    """Read one keyword and what belongs to it, if the next word is one of these."""
    if tokens.peek() not in words:
        return False
    key, reader = words[tokens.take()]
    into[key] = reader(tokens)
    return True


def read_unit(tokens: Tokens, into: Json) -> bool:
    """A multiplier (x50), a currency or an asset class, which stand alone."""
    word = tokens.peek()
    if found := MULTIPLIER.fullmatch(word):
        into["multiplier"] = found[1]
    elif word in ASSET_CLASSES:
        into["asset_class"] = word
    elif CURRENCY.fullmatch(word) and word not in STATUSES:
        into["currency"] = word
    else:
        return False
    tokens.take()
    return True


def read_pairs(tokens: Tokens) -> Json:
    """`key value, key value`; a dot in a key goes one level down."""
    result: Json = {}
    while tokens:
        if tokens.skip(","):
            continue
        *path, key = tokens.take().split(".")
        place = result
        for name in path:
            place = place.setdefault(name, {})
        place[key] = {"true": True, "false": False}.get(tokens.peek(), tokens.peek())
        tokens.take()
    return result


def read_instrument(tokens: Tokens) -> Json:
    item: Json = {"symbol": tokens.take()}
    while tokens:
        if tokens.skip("id"):
            item.setdefault("venue_ids", []).append(tokens.take())
        elif tokens.skip("spelling"):
            item.setdefault("spellings", []).append(tokens.take())
        elif not (read_words(tokens, INSTRUMENT_WORDS, item) or read_unit(tokens, item)):
            tokens.done()
    return item


def read_book_row(tokens: Tokens) -> Json:
    row: Json = {"symbol": tokens.take(), "quantity": tokens.number()}
    while tokens:
        if tokens.peek() in ("actual", "venue"):
            row["basis"] = tokens.take()
        elif tokens.peek() in STATUSES:
            row["status"] = tokens.take()
        elif tokens.skip("lots"):
            row["lots"] = read_lots(tokens)
        elif not (read_words(tokens, BOOK_WORDS, row) or read_unit(tokens, row)):
            tokens.done()
    return row


def read_lots(tokens: Tokens) -> list[Json]:
    """`5 @ 99 2026-01-02, 5 @ 101 2026-01-03 fees 0.50`: the rest of the line."""
    lots = []
    while tokens:
        lot: Json = {"quantity": tokens.number()}
        assert tokens.skip("@"), f"a lot needs a price: {tokens.line}"
        lot["price"] = tokens.number()
        if DAY.match(tokens.peek()) or CLOCK.fullmatch(tokens.peek()):
            lot["at"] = time_after(tokens)
        if tokens.skip("fees"):
            lot["fees"] = tokens.number()
        lots.append(lot)
        if not tokens.skip(","):
            tokens.done()
    return lots


def read_activity(kind: str, tokens: Tokens, *, step_at: datetime) -> Json:
    """`fill f1 AAPL -4 @ 130.00 fee 1.00 BNB at 14:58`, and so on for every type."""
    item: Json = {"id": tokens.take(), "type": kind, "symbol": tokens.take()}
    while tokens:
        if tokens.is_number() and tokens.peek(1) == "for":
            new, _, old = tokens.take(), tokens.take(), tokens.number()
            item["ratio"] = f"{new}/{old}"
        elif tokens.is_number():
            item["quantity"] = tokens.take()
        elif tokens.peek() in ("fee", "cash"):
            read_money(tokens, item)
        elif not read_words(tokens, ACTIVITY_WORDS, item):
            tokens.done()
    item.setdefault("at", text_of(step_at - ACTIVITY_LEADS))
    return item


def read_money(tokens: Tokens, item: Json) -> None:
    """`fee 1.00`, `fee 0.01 BNB`, `cash -0.30`, `cash 5 EUR`."""
    word = tokens.take()
    item[word] = tokens.number()
    currency = tokens.currency()
    if currency is not None:
        item["fee_currency" if word == "fee" else "currency"] = currency


def read_local(tokens: Tokens) -> Json:
    item: Json = {"action": tokens.take(), "symbol": tokens.take()}
    while tokens:
        if tokens.is_number():
            item["quantity"] = tokens.take()
        elif not read_words(tokens, LOCAL_WORDS, item):
            tokens.done()
    return item


def read_holding(tokens: Tokens) -> Json:
    """`AAPL 6 @ 100.00 price 131.00`: what stands as a number is passed on as it is."""
    row: Json = {"symbol": tokens.take(), "quantity": tokens.take()}
    while tokens:
        if not (read_words(tokens, HOLDING_WORDS, row) or read_unit(tokens, row)):
            tokens.done()
    return {key: None if value == "null" else value for key, value in row.items()}
