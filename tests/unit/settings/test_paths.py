from __future__ import annotations

from pathlib import Path

from apiscape.settings.paths import default_config, default_store


def test_the_configuration_is_where_the_environment_says() -> None:
    assert default_config({"APISCAPE_CONFIG": "/etc/apiscape.yaml"}) == Path("/etc/apiscape.yaml")


def test_else_it_is_the_users_own(own_home: Path) -> None:
    assert default_config({}).name == "config.yaml"
    assert default_store().is_relative_to(own_home)
