"""Settings: the environment first, then `tieout.toml`, then what Tieout does by itself."""

from tieout.settings.reading import read_settings
from tieout.settings.secret import Secret
from tieout.settings.values import AccountSettings, Connection, Service, Settings

__all__ = ["AccountSettings", "Connection", "Secret", "Service", "Settings", "read_settings"]
