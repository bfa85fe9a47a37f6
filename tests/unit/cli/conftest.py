"""An inventory that has something of everything a command shows, at the default place, and a way to call commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from apiscape.cli.main import main
from apiscape.settings.paths import default_config, default_store
from tests.store.copies import copy_to
from tests.unit.cli.filled import Answer, fill

Call = Callable[..., Answer]

CONFIGURATION = """\
sources:
  - name: prod
    provider: aws
    regions: [eu-west-1, eu-west-2]
    roles: [{role_arn: "arn:aws:iam::111122223333:role/r"}]
  - {name: lab, provider: aws, products: [aws.apigateway.rest], profile: "${LAB_PROFILE}"}
"""


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs a command line and returns its exit code and what it wrote."""

    def run(*arguments: str) -> Answer:
        code = main(list(arguments))
        written = capsys.readouterr()
        return Answer(int(code), written.out, written.err)

    return run


@pytest.fixture
def filled(own_home: Path) -> Path:
    """Return the default store, with something in it."""
    place = default_store()
    copy_to(place, fill)
    return place


@pytest.fixture
def configured(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the default configuration, with two sources."""
    monkeypatch.setenv("LAB_PROFILE", "not-to-be-shown")
    file = default_config()
    file.parent.mkdir(parents=True)
    file.write_text(CONFIGURATION, "utf-8")
    return file
