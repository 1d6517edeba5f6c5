"""The file that the settings name for the book: where it is, and what may be done with it."""

from pathlib import Path

from tieout.core.errors import SettingsError
from tieout.settings import Settings
from tieout.store.connections import is_writable
from tieout.store.opening import is_in_memory


def file_of(store_url: str) -> Path | None:
    """The file of an SQLite database; None for one that is none or in memory."""
    scheme, _, rest = store_url.partition("://")
    if not scheme.startswith("sqlite") or rest == "/:memory:":
        return None
    return Path(rest[1:])


def is_missing(settings: Settings) -> bool:
    """Whether the book would be a new file."""
    path = file_of(settings.store_url)
    return path is not None and not path.exists()


def refuse_book(target: Path, option: str, settings: Settings) -> None:
    """Refuse to write where the book is, or what SQLite and the runs keep beside it."""
    book = file_of(settings.store_url)
    if book is None:
        return
    beside = ("", "-wal", "-shm", "-journal", ".leases")
    if target.resolve() in [Path(f"{book.resolve()}{each}") for each in beside]:
        raise SettingsError(f"{option}{target} belongs to the book; name another file")


def require_writable(path: Path) -> None:
    """Refuse a book that `sync` could not write, or could not make."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise SettingsError(f"the folder of {path} is not there; make it, or name another file")
    if not is_writable(path):
        message = f"{path} cannot be written; check the permissions of the file and of its folder"
        raise SettingsError(message)


def refuse_memory(settings: Settings) -> None:
    """Refuse to sync into a book of which nothing would be left."""
    if is_in_memory(settings.store_url):
        raise SettingsError(
            f"store.url: a book in memory ({settings.store_url}) is gone when this ends; name a"
            " file, such as sqlite:///tieout.db"
        )
