from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from apiscape.cli.commands.sources import own_words
from apiscape.cli.naming import NO_SOURCES
from apiscape.settings.paths import default_config
from apiscape.settings.schema import Settings
from tests.unit.cli.conftest import Call


def test_the_configured_sources(call: Call, configured: Path) -> None:
    answer = call("sources")
    assert answer.err == ""
    lines = [line.split(maxsplit=3) for line in answer.out.splitlines()]
    assert lines == [
        ["NAME", "PROVIDER", "PRODUCTS", "WHERE"],
        ["prod", "aws", "all", "regions eu-west-1, eu-west-2 · 1 role"],
        ["lab", "aws", "aws.apigateway.rest", "profile ${LAB_PROFILE}"],
    ]
    assert call("sources", "-o", "name").out.split() == ["prod", "lab"]


@pytest.mark.parametrize("form", ["table", "wide", "json", "yaml"])
def test_what_the_environment_gives_is_never_shown(form: str, call: Call, configured: Path) -> None:
    out = call("sources", "-o", form).out
    assert "not-to-be-shown" not in out
    assert "LAB_PROFILE" in out


def test_sources_as_data(call: Call, configured: Path) -> None:
    records = [json.loads(line) for line in call("sources", "--json").out.splitlines()]
    assert [record["name"] for record in records] == ["prod", "lab"]
    assert yaml.safe_load(call("sources", "-o", "yaml").out) == records


def test_without_a_configuration(call: Call) -> None:
    answer = call("sources")
    assert (answer.code, answer.out.split()[0]) == (0, "NAME")
    assert answer.err == f"No source is configured: {NO_SOURCES}\n"
    assert "no such file\n  → apiscape sources init" in call("sources", "validate").err


def test_a_first_configuration_for_a_machine_that_is_signed_in_nowhere(call: Call) -> None:
    answer = call("sources", "init")
    file = default_config()
    assert answer.err.startswith(f"written: {file}, with an example to fill in\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "There is nothing to scan yet" in call("sources", "validate").err
    again = call("sources", "init")
    assert (again.code, "--force replaces it" in again.err) == (3, True)
    assert call("sources", "init", "--force").code == 0


def test_a_first_configuration_for_a_machine_that_is_signed_in(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    answer = call("sources", "init")
    assert "(1 source found on this machine)\nnext: apiscape sources validate" in answer.err
    assert "canary" not in default_config().read_text("utf-8")
    assert call("sources", "validate").code == 0


def test_the_file_is_checked_to_the_line(
    call: Call, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("sources", "validate").err == f"{configured}: 2 sources, all keys known\n"
    monkeypatch.setenv("APISCAPE_NONSENSE", "1")
    assert call("sources", "validate").err.startswith("APISCAPE_NONSENSE sets nothing\n")
    configured.write_text("sources:\n  - {name: a, provider: aws, regoins: [x]}\n", "utf-8")
    wrong = call("sources", "validate")
    assert wrong.code == 3
    assert f"{configured}:2:30: " in wrong.err
    assert "did you mean 'regions'?" in wrong.err


def test_a_second_role_for_an_account_is_pointed_at(call: Call, configured: Path) -> None:
    configured.write_text(
        "sources:\n"
        "  - name: prod\n"
        "    provider: aws\n"
        "    roles:\n"
        "      - arn:aws:iam::111122223333:role/one\n"
        "      - role_arn: arn:aws:iam::111122223333:role/two\n",
        "utf-8",
    )
    wrong = call("sources", "validate")
    assert wrong.code == 3
    assert f"{configured}:6:" in wrong.err
    assert "source prod: 'roles': a second role for account 111122223333" in wrong.err
    assert "a second role for account 111122223333" in call("scan").err


def test_the_file_may_be_named_before_or_after(call: Call, tmp_path: Path) -> None:
    file = str(tmp_path / "c.yaml")
    assert call("sources", "--config", file, "path").out == f"{file}\n"
    assert call("--config", file, "sources", "path").out == f"{file}\n"
    assert call("sources", "path", "--config", file).out == f"{file}\n"
    assert call("sources", "path").out == f"{default_config()}\n"


def test_the_schema_is_for_editors(call: Call) -> None:
    schema = json.loads(call("sources", "schema").out)
    assert schema["title"] == "apiscape configuration"
    assert "regions" in json.dumps(schema)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("regions", ["a", "b"], "regions a, b"),
        ("roles", [{"role_arn": "x"}, "y"], "2 roles"),
        ("tags", {"owner": ["a"]}, "tags"),
        ("organization", True, "organization True"),
    ],
)
def test_a_sources_own_key_in_words(key: str, value: object, words: str) -> None:
    assert own_words(key, value) == words


def test_a_source_that_measures_traffic_says_what_that_costs(call: Call, configured: Path) -> None:
    configured.write_text(
        "sources:\n  - {name: prod, provider: aws}\n"
        "  - {name: lab, provider: aws, products: [aws.apigateway.rest], traffic: {every_s: 3600}}\n"
    )
    said = call("sources").err
    assert said == (
        "lab: traffic every 1 h 0 min · CloudWatch: about 700 metrics an hour, 0.17 USD a day "
        "at list price 0.01 USD per 1,000 metrics for 100 deployments\n"
    )


def test_a_source_that_hears_of_changes_says_how_often(call: Call, configured: Path) -> None:
    configured.write_text(
        "sources:\n  - {name: prod, provider: aws}\n  - {name: lab, provider: aws, events: {every_s: 120}}\n"
    )
    assert call("sources").err == (
        "lab: changes read every 2 min, and looked at by an agent alone\n"
    )


@pytest.mark.parametrize("words", [("scan",), ("permissions",), ("permissions", "--policy")])
def test_a_source_s_own_key_that_is_wrong_is_named_with_its_line_by_whoever_needs_it(
    call: Call, own_home: Path, words: tuple[str, ...]
) -> None:
    file = default_config()
    file.parent.mkdir(parents=True)
    file.write_text("sources:\n  - name: prod\n    provider: aws\n    regions: here\n", "utf-8")
    answer = call(*words)
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == call("sources", "validate").err
    assert answer.err.startswith(f"apiscape: {file}:4:5: source prod: 'regions': expected a list")


def test_a_configuration_that_was_mended_meanwhile_is_still_said_to_have_been_wrong(
    call: Call, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = default_config()
    file.parent.mkdir(parents=True)
    file.write_text("sources: [{name: prod, provider: aws, regions: here}]", "utf-8")

    def mend(*_: object) -> Settings:
        return Settings()

    monkeypatch.setattr("apiscape.settings.load.check_file", mend)
    assert "apiscape sources validate says the line" in call("scan").err
