"""What a machine is signed in to is found in the files that the SDK reads, and none of their values is taken."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from apiscape.collectors.aws.detecting import find_sign_ins
from apiscape.collectors.aws.provider import AwsProvider
from apiscape.settings.detect import detect_sources, first_configuration
from apiscape.settings.document import parse_document
from apiscape.settings.load import read_settings

KEY = "aws_access_key_id = canary-1\naws_secret_access_key = canary-2\n"
SSO = "sso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Reader\n"


@pytest.fixture
def folder(own_home: Path) -> Path:
    folder = own_home / ".aws"
    folder.mkdir()
    return folder


def test_a_default_profile_needs_no_name(folder: Path) -> None:
    (folder / "config").write_text(f"[default]\n{SSO}[profile other]\n{SSO}")
    assert find_sign_ins() == {}


def test_profiles_without_a_default_become_a_source_each(folder: Path) -> None:
    (folder / "config").write_text(
        f"[default]\nregion = eu-west-2\n[profile Tax Prod]\n{SSO}"
        f"[profile 'lab']\ncredential_process = /bin/get canary-3\n[sso-session corp]\n{SSO}"
        "[profile bare]\nregion = eu-west-1\ns3 =\n  role_arn = x\n"
    )
    (folder / "credentials").write_text(f"[keys]\n{KEY}[lab]\n{KEY}")
    assert find_sign_ins() == [
        {"name": "tax-prod", "profile": "Tax Prod"},
        {"name": "keys", "profile": "keys"},
        {"name": "lab", "profile": "lab"},
    ]
    assert AwsProvider().detect() == find_sign_ins()
    text = first_configuration([each for each in detect_sources() if each["provider"] == "aws"])
    assert "canary" not in text
    assert len(read_settings(parse_document(text, "c"), {}).sources) == 3
    assert {each["profile"] for each in yaml.safe_load(text)["sources"]} == {
        *("Tax Prod", "keys", "lab")
    }


@pytest.mark.parametrize("text", ["", "[default]\n", "[profile a]\nregion = x\n", "[a b]\n" + KEY])
def test_files_that_name_no_way_in_are_no_sign_in(folder: Path, text: str) -> None:
    (folder / "config").write_text(text)
    assert find_sign_ins() is None


@pytest.mark.parametrize("data", [b"no section\n", b"[default\n", b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_left_to_the_sdk_to_name(folder: Path, data: bytes) -> None:
    (folder / "credentials").write_bytes(data)
    assert find_sign_ins() == {}


def test_what_the_environment_says_goes_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (folder / "config").write_text(f"[profile tax]\n{SSO}")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(f"[profile far]\n{SSO}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(elsewhere))
    assert find_sign_ins() == [{"name": "far", "profile": "far"}]
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/")
    assert find_sign_ins() == {}
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "tax")
    assert find_sign_ins() == {"profile": "tax"}
