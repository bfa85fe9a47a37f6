"""Configurations that somebody got wrong, or wrote to do harm: each is refused in words, with its line."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import platformdirs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.contract import ProviderSettings
from apiscape.errors import SettingsError
from apiscape.network.ways import Network
from apiscape.settings import document
from apiscape.settings.document import (
    MAX_ALIASES,
    MAX_BYTES,
    MAX_DEPTH,
    parse_document,
)
from apiscape.settings.load import (
    load_settings,
    provider_settings,
    read_settings,
    settings_digest,
    unknown_variables,
)
from apiscape.settings.schema import Settings, Source

SOURCE = "sources:\n  - name: a\n    provider: aws\n"


def read(text: str, **environment: str) -> Settings:
    return read_settings(parse_document(text, "config.yaml"), environment)


def refusal(text: str, **environment: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        read(text, **environment)
    return caught.value


# Values that are none.


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2026-02-30", "not a valid timestamp: '2026-02-30'"),
        ("2026-13-01", "not a valid timestamp"),
        ("!!int twelve", "not a valid int: 'twelve'"),
        ("!!int ''", "not a valid int: ''"),
        ("!!float x", "not a valid float"),
        ("!!bool maybe", "not a valid bool"),
        ("1" * 5000, "not a valid int"),
        ("!!python/name:os.system x", "not YAML: could not determine a constructor"),
        ("!!binary 'YQ=='", "expected text or nothing, got bytes"),
    ],
    ids=lambda text: text[:20],
)
def test_a_value_that_is_none_is_said_with_its_line(value: str, message: str) -> None:
    error = refusal(f"retention_days: 9\nstore: {value}\n")
    assert message in error.message
    assert len(error.message) < 120
    assert error.line == 2


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("retention_days: 0\n", "expected a whole number >= 1", 1),
        ("retention_days: -4\n", "expected a whole number >= 1", 1),
        ("retention_days: 36501\n", "expected a whole number <= 36500", 1),
        (f"{SOURCE}    deadline_s: 0\n", "expected a number > 0.0", 4),
        (f"{SOURCE}    deadline_s: .nan\n", "expected a number", 4),
        (f"{SOURCE}    deadline_s: .inf\n", "expected a number <=", 4),
        (f"{SOURCE}    quotas: {{x: {{rate_per_s: 0}}}}\n", "expected a number > 0.0", 4),
        (f"{SOURCE}    quotas: {{x: {{rate_per_s: -1}}}}\n", "expected a number > 0.0", 4),
        (f"{SOURCE}    quotas: {{x: {{rate_per_s: .inf}}}}\n", "expected a number <=", 4),
        (
            f"{SOURCE}    quotas: {{x: {{rate_per_s: 1, burst: 0}}}}\n",
            "expected a whole number >= 1",
            4,
        ),
    ],
)
def test_a_number_that_would_stall_or_wipe_is_refused(text: str, message: str, line: int) -> None:
    error = refusal(text)
    assert message in error.message
    assert error.line == line


@pytest.mark.parametrize(
    "text",
    [
        "retention_days: 1\n",
        "retention_days: 36500\n",
        f"{SOURCE}    deadline_s: 0.5\n",
        f"{SOURCE}    quotas: {{x: {{rate_per_s: 0.01, burst: 1}}}}\n",
    ],
)
def test_small_and_large_numbers_that_make_sense_are_taken(text: str) -> None:
    assert read(text) != Settings()


# Keys.


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("retention-days: 3\n", "unknown key 'retention-days', did you mean 'retention_days'?"),
        ("Store: x\n", "unknown key 'Store', did you mean 'store'?"),
        ("<<: {store: x}\n", "unknown key '<<'"),
        ("12: x\n", "unknown key '12'"),
        ("'a b`c': x\n", "unknown key 'a b`c'"),
        ("? [a] : x\n", "a key is a word"),
        ("store: x\n? {a: b} : x\n", "a key is a word"),
        ("store: a\n'store': b\n", "key 'store' stands twice"),
        ("store: a\nnetwork: {proxy: x, proxy: y}\n", "key 'proxy' stands twice"),
    ],
)
def test_an_odd_key_is_named(text: str, message: str) -> None:
    error = refusal(text)
    assert (error.message, error.line) == (message, text.count("\n"))


@pytest.mark.parametrize("name", ["a", "0", "a-b_c", "a" * 63])
def test_a_name_that_fits_into_keys_of_scopes_is_taken(name: str) -> None:
    assert read(f"sources: [{{name: '{name}', provider: aws}}]\n").sources[0].name == name


@pytest.mark.parametrize("name", ["", "-a", "_a", "A", "a" * 64, "a/b", "a b", "ä", "a\\n"])
def test_any_other_name_is_refused(name: str) -> None:
    error = refusal(f'sources: [{{name: "{name}", provider: aws}}]\n')
    assert "lower-case letters, digits, - and _" in error.message


# Files that do harm.


def nested(levels: int) -> str:
    return "x: " + "[" * (levels - 1) + "]" * (levels - 1)


def aliased(count: int) -> str:
    return f"x: &a 1\ny: [{', '.join(['*a'] * count)}]"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (nested(MAX_DEPTH), nested(MAX_DEPTH + 1)),
        (aliased(MAX_ALIASES), aliased(MAX_ALIASES + 1)),
    ],
    ids=["depth", "aliases"],
)
def test_limits_are_met_to_the_level(good: str, bad: str) -> None:
    assert parse_document(good, "c").data.keys() >= {"x"}
    with pytest.raises(SettingsError, match="nested too deeply, or too many aliases") as caught:
        parse_document(bad, "c")
    assert caught.value.line == bad.count("\n") + 1


@pytest.mark.parametrize(("letter", "bytes_each"), [("x", 1), ("é", 2)])
def test_the_size_is_counted_in_bytes(letter: str, bytes_each: int) -> None:
    text = "a: " + letter * ((MAX_BYTES - 3) // bytes_each)
    assert parse_document(text, "c").data
    with pytest.raises(SettingsError, match="larger than 1,000,000 bytes"):
        parse_document(f"{text}xx", "c")


def test_aliases_of_aliases_do_not_multiply_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_VALUES", 1_000)
    levels = ["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert len(parse_document("\n".join(levels[:2]), "c").data["a1"][8]) == 9
    with pytest.raises(SettingsError, match="too many values"):
        parse_document("\n".join(levels), "c")


@pytest.mark.parametrize(("count", "is_taken"), [(18, True), (19, False)])
def test_values_are_counted_with_what_holds_them(
    monkeypatch: pytest.MonkeyPatch, count: int, *, is_taken: bool
) -> None:
    monkeypatch.setattr(document, "MAX_VALUES", 20)
    text = f"x: [{', '.join('1' * count)}]"
    if is_taken:
        assert parse_document(text, "c").data == {"x": [1] * count}
    else:
        with pytest.raises(SettingsError, match="too many values"):
            parse_document(text, "c")


@pytest.mark.parametrize("text", ["x: &a [*a]", "x: &a {y: *a}", "&a x: {z: &b [{y: *b}]}"])
def test_a_value_within_itself_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="nested too deeply"):
        parse_document(text, "c")


# The environment.


@pytest.mark.parametrize(
    ("variables", "text", "message"),
    [
        ({"APISCAPE_NETWORK__PROXY": "x"}, "network: 3\n", "`network` has no keys for"),
        ({"APISCAPE_STORE__PATH": "x"}, "store: /a\n", "`store` has no keys for"),
        ({"APISCAPE_RETENTION_DAYS": "²"}, "", "expected a whole number, got text"),
        ({"APISCAPE_RETENTION_DAYS": "-1"}, "", "expected a whole number >= 1"),
        ({"APISCAPE_RETENTION_DAYS": "0"}, "", "expected a whole number >= 1"),
        ({"APISCAPE_NETWORK__NO_SUCH": "x"}, "", "unknown key 'no_such'"),
    ],
)
def test_a_variable_that_cannot_be_set_is_refused_in_words(
    variables: dict[str, str], text: str, message: str
) -> None:
    assert message in refusal(text, **variables).message


def test_a_variable_steps_into_a_mapping_and_leaves_its_other_keys() -> None:
    text = "network: {proxy: 'http://p:1', ca_bundle: /ca.pem}\n"
    network = read(text, APISCAPE_NETWORK__PROXY="http://q:2").network
    assert (network.proxy, network.ca_bundle) == ("http://q:2", "/ca.pem")
    assert read("network: null\n", APISCAPE_NETWORK__PROXY="http://q:2").network.proxy


@pytest.mark.parametrize("key", ["SOURCES", "ACCEPTED_GAPS", "TOKEN", "CONFIG", "FIXTURES"])
def test_what_is_no_scalar_is_not_set_by_a_variable(key: str) -> None:
    assert read("", **{f"APISCAPE_{key}": "x"}) == Settings()


def test_variables_that_set_nothing_are_named_in_order_and_others_are_not() -> None:
    environment = {
        "APISCAPE_STOER": "x",
        "APISCAPE_SOURCES": "x",
        "APISCAPE_CONFIG": "x",
        "APISCAPE_NETWORK__ANYTHING": "x",
        "STORE": "x",
    }
    assert unknown_variables(environment) == ("APISCAPE_SOURCES", "APISCAPE_STOER")


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ("${A}", "one"),
        ("x${A}y${B}z", "xoneytwoz"),
        ("$A", "$A"),
        ("${}", "${}"),
        ("${A", "${A"),
        ("${C}", "${A}"),
    ],
    ids=["whole", "within", "no braces", "empty", "open", "not again"],
)
def test_a_reference_is_replaced_once(value: str, resolved: str) -> None:
    settings = read(f"store: '{value}'\n", A="one", B="two", C="${A}")
    assert settings.store == resolved


# Passwords.


@pytest.mark.parametrize(
    "proxy",
    [
        "http://u:SECRET@proxy:3128",
        "u:SECRET@proxy:3128",
        "http://u:SEC/RET@proxy:3128",
        "http://u:SEC@RET@proxy",
        "//u:SECRET@proxy",
        "http://:SECRET@proxy",
        "http://u:@proxy",
    ],
)
def test_a_password_in_a_proxy_is_refused_and_not_repeated(proxy: str) -> None:
    error = refusal(f"network:\n  proxy: '{proxy}'\n")
    assert error.message == "a password in the proxy's URL"
    assert error.line == 2
    assert "SEC" not in f"{error} {error.hint}"


@pytest.mark.parametrize(
    "proxy", ["http://proxy:3128", "http://user@proxy:3128", "http://[::1]:3128", "proxy:3128", ""]
)
def test_a_proxy_without_a_password_is_let_be(proxy: str) -> None:
    assert read(f"network: {{proxy: '{proxy}'}}\n").network.proxy == proxy


@pytest.mark.parametrize("proxy", ["http://[::1", "socks5://proxy:1080", "http://proxy:port"])
def test_a_proxy_that_cannot_be_used_is_refused_with_its_line(proxy: str) -> None:
    error = refusal(f"store: x\nnetwork:\n  proxy: '{proxy}'\n")
    assert error.line == 3
    assert error.hint == "a proxy is written http://HOST:PORT or https://HOST:PORT"


def test_a_password_in_the_proxy_of_a_source_is_refused_as_well() -> None:
    source = "sources:\n- name: a\n  provider: aws\n  network:\n    proxy: 'http://u:SEC@p:1'\n"
    error = refusal(source)
    assert (error.message, error.line) == ("a password in the proxy's URL", 5)
    assert "SEC" not in f"{error} {error.hint}"


# Whatever is written.

SCALARS = st.sampled_from(
    ["1", "-1", ".nan", "null", "true", "text", "2026-02-30", "2026-02-03", "'${X}'", "!!int x"]
)
KEYS = st.sampled_from(["store", "sources", "network", "proxy", "name", "provider", "until", "x-y"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda below: (
        st.lists(below, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(KEYS, below, max_size=3).map(
            lambda pairs: f"{{{', '.join(f'{key}: {value}' for key, value in pairs.items())}}}"
        )
    ),
    max_leaves=8,
)


def read_or_refused(text: str) -> Settings | SettingsError:
    try:
        return read(text)
    except SettingsError as error:
        return error


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_the_file_says_it_is_read_or_refused_with_its_line(pairs: dict[str, str]) -> None:
    said = read_or_refused("".join(f"{key}: {value}\n" for key, value in pairs.items()))
    if isinstance(said, SettingsError):
        assert said.line is not None
        assert 1 <= said.line <= len(pairs)


@given(st.text(alphabet="ab:-[]{}&*!\"'|>%@\n #?,", max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    said = read_or_refused(text)
    assert isinstance(said, Settings) or said.message


PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="ab: '#\n", max_size=6),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "1", "null"]), below, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c d", "yes"]), PLAIN, max_size=3))
def test_a_document_says_what_any_other_reader_says(data: dict[str, Any]) -> None:
    text = yaml.safe_dump(data)
    parsed = parse_document(text, "c")
    assert parsed.data == data
    for key in data:
        line = parsed.line((key,))
        assert line is not None
        assert text.splitlines()[line - 1].lstrip("? '").startswith(key)


# What a careful reader leaves as it is.


def test_many_values_side_by_side_are_not_nested() -> None:
    text = "".join(f"k{n}: [1, {{a: 2}}]\n" for n in range(MAX_DEPTH * 2))
    assert len(parse_document(text, "c").data) == MAX_DEPTH * 2


def test_a_network_is_given_only_to_a_provider_that_knows_one_and_where_there_is_one() -> None:
    class Plain(ProviderSettings, frozen=True, kw_only=True):
        regions: tuple[str, ...] = ()

    class Networked(ProviderSettings, frozen=True, kw_only=True):
        network: dict[str, Any] = msgspec.field(default_factory=dict)

    source = Source(name="a", provider="fake")
    proxied = Settings(network=Network(proxy="http://p:1"))
    plain: Any = SimpleNamespace(settings_type=Plain)
    networked: Any = SimpleNamespace(settings_type=Networked)
    assert provider_settings(source, plain, proxied) == Plain()
    assert provider_settings(source, networked, Settings()) == Networked()
    assert provider_settings(source, networked, proxied) == Networked(
        network={"proxy": "http://p:1"}
    )


def test_the_digest_does_not_move_with_the_order_of_keys() -> None:
    one = read("sources: [{name: a, provider: aws, x: {b: 1, c: 2}}]\nstore: /s\n")
    other = read("store: /s\nsources: [{x: {c: 2, b: 1}, provider: aws, name: a}]\n")
    assert settings_digest(one) == settings_digest(other)


def test_the_users_own_file_is_read_where_none_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_config_path", lambda _name: tmp_path)
    assert load_settings(environment={}) == Settings()
    (tmp_path / "config.yaml").write_text("store: /mine\n", "utf-8")
    assert load_settings(environment={}).store == "/mine"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("network: {proxy: 'u:p@h'}\n", "set HTTPS_PROXY in the environment instead"),
        ("sources: [{name: a, provider: ibm}]\n", "installed: aws"),
    ],
)
def test_a_refusal_says_the_next_step(text: str, hint: str) -> None:
    assert str(refusal(text).hint).startswith(hint)


@pytest.mark.parametrize("text", ["a: [1,\n", "a: 'x\n", "{a: 1\n", "a: b: c\n", "\tx: 1\n"])
def test_broken_yaml_is_said_with_a_line_of_the_file(text: str) -> None:
    error = refusal(text)
    assert error.message.startswith("not YAML: ")
    assert error.line in {1, 2}
    assert error.path == "config.yaml"
