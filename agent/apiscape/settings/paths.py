"""Where a user's configuration and data live, per operating system."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

CONFIG_VARIABLE = "APISCAPE_CONFIG"
STORE_VARIABLE = "APISCAPE_STORE"


def default_config(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration file: `$APISCAPE_CONFIG`, else `config.yaml` in the user's configuration directory."""
    named = environment.get(CONFIG_VARIABLE)
    return Path(named) if named else platformdirs.user_config_path("apiscape") / "config.yaml"


def default_store() -> Path:
    """Return the store's file in the user's data directory; it need not exist."""
    return platformdirs.user_data_path("apiscape") / "inventory.db"
