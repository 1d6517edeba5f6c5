"""Values read one by one, and the faults found on the way, all told at once."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tieout.core.errors import SettingsError
from tieout.settings import schema
from tieout.settings.rules import Rule
from tieout.settings.source import Place, closest

SHOWN_CHARACTERS_MAX = 60


class Reading:
    """One reading of all settings: what the environment says, and what was wrong so far."""

    def __init__(self, *, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._faults: list[str] = []
        self._variables: dict[str, str] = {}

    def fault(self, place: Place | str, message: str) -> None:
        """Remember one thing that is wrong."""
        self._faults.append(f"{place}: {message}")

    def raise_faults(self) -> None:
        """Stop here if anything was wrong, telling all of it."""
        if len(self._faults) == 1:
            raise SettingsError(self._faults[0])
        if self._faults:
            listed = "".join(f"\n  {fault}" for fault in self._faults)
            raise SettingsError(f"{len(self._faults)} settings are wrong:{listed}")

    def variable(self, name: str) -> str:
        """The text of an environment variable; empty where it is not set."""
        return self.environment.get(name, "").strip()

    def has_variable(self, name: str) -> bool:
        """Whether a variable is set to something."""
        return bool(self.variable(name))

    def read_variable(self, name: str, rule: Rule, *, is_hidden: bool = False) -> Any:
        """The value of a variable; None where it breaks its rule, which is then a fault."""
        return self._read(rule, self.variable(name), place=name, is_hidden=is_hidden)

    def table(
        self,
        material: Any,
        rules: Mapping[str, Rule],
        place: Place,
        *,
        hidden: Collection[str] = (),
        also: Collection[str] = (),
    ) -> dict[str, Any]:
        """The values of one table, the environment first; keys in `also` are read elsewhere."""
        if not isinstance(material, Mapping):
            self.fault(place, "must be a table")
            return {}
        self.refuse_unknown(material, (*rules, *also), place)
        values = {}
        for key, rule in rules.items():
            here = place.at(key)
            self._know(here)
            if self.has_variable(here.variable):
                value = self.read_variable(here.variable, rule, is_hidden=key in hidden)
            elif key in material:
                value = self._read(rule, material[key], place=here, is_hidden=key in hidden)
            else:
                continue
            if value is not None:
                values[key] = value
        return values

    def refuse_unknown(self, material: Any, known: Iterable[str], place: Place) -> None:
        """Every key that is not known is a fault that names the closest one."""
        for key in material:
            if key not in known:
                self.fault(place.at(key), f"is no setting; {closest(key, known)}")

    def refuse_unknown_variables(self) -> None:
        """A name that begins like ours and is not one is a slip of the pen."""
        for name in self.environment:
            is_ours = name.startswith("TIEOUT_") and not name.startswith(schema.RESERVED_PREFIX)
            if is_ours and name not in self._variables and name not in schema.RESERVED:
                self.fault(name, f"is no setting; {_closest_variable(name, self._variables)}")

    def _know(self, place: Place) -> None:
        other = self._variables.setdefault(place.variable, place.name)
        if other != place.name:
            self.fault(place, f"has the same environment name as {other}, {place.variable}")

    def _read(self, rule: Rule, value: Any, *, place: Place | str, is_hidden: bool) -> Any:
        try:
            return rule(value)
        except ValueError as fault:
            said = "" if is_hidden or "@" in str(value) else f"is {shown(value)}, "
            self.fault(place, f"{said}{fault}")
            return None


def shown(value: Any) -> str:
    """A value as it is told in an error, not at any length."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN_CHARACTERS_MAX else f"{text[:SHOWN_CHARACTERS_MAX]}..."


def _closest_variable(name: str, known: Iterable[str]) -> str:
    message = closest(name, known)
    return message if message.startswith("did") else "names of ours are like TIEOUT_STORE_URL"
