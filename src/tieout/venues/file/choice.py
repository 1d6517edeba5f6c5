"""Which file of a folder is the statement, and which tell of activities."""

from dataclasses import dataclass
from pathlib import Path

from tieout.bulk.faults import FileFault
from tieout.bulk.sources import EXTENSIONS
from tieout.venues.file.disk import Disk
from tieout.venues.file.limits import Limits
from tieout.venues.file.moments import moment_in_name
from tieout.venues.file.options import Options

OF_POSITIONS = ("positions", "holdings", "statement")
OF_ACTIVITIES = ("activities", "fills", "trades")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The files that are read together."""

    statement: Path
    activities: tuple[Path, ...] = ()


def chosen(options: Options, *, disk: Disk, limits: Limits) -> Choice:
    """The newest statement, and every file of activities."""
    statement = options.path
    if disk.is_folder(options.path):
        statement = _newest(options, disk=disk, limits=limits)
    return Choice(statement=statement, activities=_activities(options, disk=disk, limits=limits))


def _newest(options: Options, *, disk: Disk, limits: Limits) -> Path:
    """The statement of the latest time, as names tell it, else as the files were written."""
    found = _named(options.path, OF_POSITIONS, disk=disk, limits=limits)
    if not found:
        raise FileFault(
            f"no file in it is a statement: their names begin with {', '.join(OF_POSITIONS)} "
            f"and end with {', '.join(EXTENSIONS)}",
            file=options.path.name,
        )
    times = {}
    for path in found:
        written_at = disk.look(path).written_at
        told_at = moment_in_name(path.name, zone=options.zone, written_at=written_at)
        times[path] = (told_at or written_at, written_at)
    latest = max(times.values())
    first, *others = (path for path, at in times.items() if at == latest)
    if others:
        raise FileFault(
            f"{first.name} and {others[0].name} are of the same time; leave one of them here",
            file=options.path.name,
        )
    return first


def _activities(options: Options, *, disk: Disk, limits: Limits) -> tuple[Path, ...]:
    folder = options.activities or options.path
    if disk.is_folder(folder):
        return tuple(_named(folder, OF_ACTIVITIES, disk=disk, limits=limits))
    return () if options.activities is None else (options.activities,)


def _named(folder: Path, words: tuple[str, ...], *, disk: Disk, limits: Limits) -> list[Path]:
    """The files of a kind; a name that ends otherwise (.tmp, .part) is not finished yet."""
    found = [
        folder / name
        for name in disk.names(folder)
        if name.lower().startswith(words) and Path(name).suffix.lower() in EXTENSIONS
    ]
    if len(found) > limits.files_max:
        raise FileFault(f"has more than {limits.files_max} files to read", file=folder.name)
    return found
