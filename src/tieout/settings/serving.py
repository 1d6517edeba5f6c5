"""Reading how `tieout serve` works: [service] in the file, and the names of seeds 001 and 002."""

from typing import Any

from tieout.settings import schema
from tieout.settings.faults import Reading
from tieout.settings.rules import whole_number, yes_or_no
from tieout.settings.source import Place, closest
from tieout.settings.values import Service

REALIZED = "POSITION_SYNC_CALCULATE_REALIZED_PNL"


def read_service(reading: Reading, material: Any, root: Place) -> Service:
    """The service's settings: TIEOUT_SERVICE_..., then POSITION_SYNC_..., then the file."""
    place = root.at("service")
    found = reading.table(material, schema.SERVICE, place)
    for variable, key in schema.SERVICE_VARIABLES.items():
        if reading.has_variable(variable) and not reading.has_variable(place.at(key).variable):
            value = reading.read_variable(variable, _rule(key))
            if value is not None:
                found[key] = value
    _refuse_without_pnl(reading)
    _refuse_unknown(reading)
    service = Service(**found)
    if service.quiet_s > service.quiet_s_max:
        longest = f"quiet_s_max, which is {service.quiet_s_max}"
        reading.fault(place.at("quiet_s"), f"is {service.quiet_s}, must be at most {longest}")
    return service


def _rule(key: str) -> Any:
    """An interval of the seeds is seconds."""
    if key == "schedule":
        seconds = whole_number(least=1)
        return lambda value: str(seconds(value))
    return schema.SERVICE[key]


def _refuse_without_pnl(reading: Reading) -> None:
    """Realized P&L is part of the journal; there is no book without it."""
    if not reading.has_variable(REALIZED):
        return
    if reading.read_variable(REALIZED, yes_or_no) is False:
        reading.fault(REALIZED, "is false, must be true: realized P&L is always computed")


def _refuse_unknown(reading: Reading) -> None:
    for name in reading.environment:
        if name.startswith("POSITION_SYNC_") and name not in schema.POSITION_SYNC:
            reading.fault(name, f"is no setting; {closest(name, schema.POSITION_SYNC)}")
