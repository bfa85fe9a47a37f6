"""The SDK's data is what its own loader makes of it, and what it lacks is refused in its own words."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

from apiscape.collectors.aws.models import Files, make_loader
from apiscape.collectors.aws.sdk import SERVICES


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_model_is_what_the_sdk_reads(service: str) -> None:
    for kind in ("service-2", "endpoint-rule-set-1"):
        assert _model(make_loader(), service, kind) == _model(Loader(), service, kind)


@pytest.mark.parametrize("name", ["endpoints", "partitions", "_retry", "sdk-default-configuration"])
def test_other_data_is_what_the_sdk_reads(name: str) -> None:
    assert make_loader().load_data(name) == Loader().load_data(name)


def test_a_service_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownServiceError) as ours:
        make_loader().load_service_model("no-such-service", "service-2")
    with pytest.raises(UnknownServiceError) as theirs:
        Loader().load_service_model("no-such-service", "service-2")
    assert str(ours.value) == str(theirs.value)


def test_a_file_is_read_packed_or_not_and_refused_where_it_is_broken(tmp_path: Path) -> None:
    (tmp_path / "plain.json").write_text('{"a": 1}', "utf-8")
    (tmp_path / "packed.json.gz").write_bytes(gzip.compress(b'{"b": 2}'))
    (tmp_path / "broken.json").write_text('{"a": ', "utf-8")
    files = Files()
    assert files.load_file(str(tmp_path / "plain")) == {"a": 1}
    assert files.load_file(str(tmp_path / "packed")) == {"b": 2}
    assert files.load_file(str(tmp_path / "none")) is None
    assert files.exists(str(tmp_path / "packed"))
    assert not files.exists(str(tmp_path / "none"))
    with pytest.raises(ValueError, match="broken"):
        files.load_file(str(tmp_path / "broken"))


def _model(loader: Any, service: str, kind: str) -> Any:
    """Return a model, or why there is none in an older SDK."""
    try:
        return loader.load_service_model(service, kind)
    except UnknownServiceError as error:
        return str(error)
