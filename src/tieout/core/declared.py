"""What a person says about an instrument, in a case file or in the settings."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tieout.core.instrument import AssetClass, Instrument, told_by_symbol

PRICE_DECIMALS_MAX = 50
CONTRACTS = ("future", "option")  # their size is never taken to be 1 where nobody states it


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What somebody said about `symbol`; None, or empty, is what they left open."""

    symbol: str
    asset_class: AssetClass | None = None
    multiplier: Decimal | None = None
    currency: str | None = None
    venue_ids: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    expires: date | None = None
    price_decimals: int | None = None
    inverse: bool | None = None

    def alone(self, *, venue: str, currency: str) -> Instrument:
        """The instrument, of which nobody else tells anything but its symbol."""
        told = told_by_symbol(self.symbol, venue=venue, currency=currency)
        is_unsized = self.asset_class in CONTRACTS and self.asset_class != told.asset_class
        return self.over(replace(told, multiplier=None) if is_unsized else told)

    def over(self, told: Instrument) -> Instrument:
        """The instrument as told, with what is declared in its place."""
        return Instrument(
            symbol=told.symbol,
            asset_class=self.asset_class or told.asset_class,
            currency=self.currency or told.currency,
            multiplier=told.multiplier if self.multiplier is None else self.multiplier,
            venue_ids=tuple(dict.fromkeys((*told.venue_ids, *self.venue_ids))),
            spellings=self.spellings or told.spellings,
            expires=self.expires or told.expires,
            price_decimals=(
                told.price_decimals if self.price_decimals is None else self.price_decimals
            ),
            inverse=told.inverse if self.inverse is None else self.inverse,
        )
