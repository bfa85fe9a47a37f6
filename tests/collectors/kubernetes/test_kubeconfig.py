"""Kubeconfigs: merged as kubectl does, and refused by name where they are not as they should be."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from apiscape.collectors.contract import CredentialsInvalid
from apiscape.collectors.kubernetes import kubeconfig as reading
from apiscape.collectors.kubernetes.kubeconfig import find_files, read_kubeconfig
from tests.collectors.kubernetes.kubeconfigs import CANARY, cluster, kubeconfig, write


def test_of_several_files_the_first_that_says_something_counts(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    first = write(
        tmp_path / "first",
        kubeconfig({"one": cluster("https://one")}, {"ann": {"token": "a"}}, current=""),
    )
    second = write(
        tmp_path / "b" / "second",
        kubeconfig(
            {"one": cluster("https://other"), "two": cluster("https://two")},
            {"ann": {"token": "b"}},
            current="both",
            contexts={"both": {"cluster": "two", "user": "ann"}, "one": {"cluster": "two"}},
        ),
    )
    third = write(tmp_path / "third", kubeconfig({}, current="one"))
    told = read_kubeconfig((first, second, third))
    assert told.current_context() == "both"
    assert list(told.contexts) == ["one", "both"]
    assert told.access("one").cluster.server == "https://one"
    both = told.access("both")
    assert (both.cluster.server, both.user.token) == ("https://two", "a")
    assert (both.folder, both.user_folder) == (tmp_path / "b", tmp_path)


def test_files_are_found_as_kubectl_finds_them(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert find_files(None) == ()
    usual = own_home / ".kube" / "config"
    usual.parent.mkdir()
    usual.write_text("", "utf-8")
    assert find_files(None) == (usual,)
    file = write(tmp_path / "a", kubeconfig({}))
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'absent'}:{file}:")
    assert find_files(None) == (file,)
    assert find_files(str(usual)) == (usual,)
    with pytest.raises(CredentialsInvalid, match="absent is not there"):
        find_files(f"{file}:{tmp_path / 'absent'}")


def test_an_empty_file_and_empty_lists_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("", "utf-8")
    (tmp_path / "nulls").write_text(
        "clusters: null\nusers: null\ncontexts:\n- {name: a, context: null}\n"
        "current-context: null\nunknown: [1]\n",
        "utf-8",
    )
    told = read_kubeconfig((tmp_path / "empty", tmp_path / "nulls"))
    with pytest.raises(CredentialsInvalid, match="has no current context") as caught:
        told.current_context()
    assert caught.value.record().next_step
    with pytest.raises(CredentialsInvalid, match="context a names no cluster"):
        told.access("a")


def test_what_is_named_and_not_there_is_said_by_name(tmp_path: Path) -> None:
    file = write(
        tmp_path / "config",
        kubeconfig(
            {"one": cluster("https://one")},
            contexts={
                "lost": {"cluster": "one", "user": "nobody"},
                "void": {"cluster": "nowhere"},
            },
        ),
    )
    told = read_kubeconfig((file,))
    for context, said in {
        "lost": "context lost names the user nobody, which is not there",
        "void": "context void names the cluster nowhere, which is not there",
        "other\x1b": "the kubeconfig has no context other�",
    }.items():
        with pytest.raises(CredentialsInvalid) as caught:
            told.access(context)
        assert caught.value.message == said
        assert caught.value.next_step


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{', '.join(['*' + before] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"users: [\n{CANARY}: }}", "is no YAML (line 2)"),
        (f"- {CANARY}", "is none: Expected `object`, got `array`"),
        (f"users: {CANARY}", "is none: Expected `array | null`, got `str` - at `$.users`"),
        (
            f"users: [{{name: a, user: {{token: [{CANARY}]}}}}]",
            "is none: Expected `str`, got `array` - at `$.users[0].user.token`",
        ),
        (f"token: {CANARY}\n{BOMB}", "repeats itself without end"),
        (f"a: &a [{CANARY}, *a]", "repeats itself without end"),
        (f"a: &a {{b: {CANARY}}}\nc: {{<<: [*a, *a]}}", "merges parts of itself (`<<`)"),
        (f"a: {'[' * 99}{CANARY}{']' * 99}", "is nested too deeply"),
        (f"{CANARY}: 2026-99-99", "holds a value that cannot be read"),
        (f"? [{CANARY}, b]\n: 1", "is no YAML (line 1)"),
        (f"a: {CANARY}\x00", "is no YAML"),
    ],
)
def test_what_is_no_kubeconfig_is_said_without_a_value(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "config"
    file.write_text(text, "utf-8")
    with pytest.raises(CredentialsInvalid) as caught:
        read_kubeconfig((file,))
    assert caught.value.message == f"the kubeconfig {file} {said}"
    assert CANARY not in str(caught.value.record())


def test_a_part_may_be_repeated(tmp_path: Path) -> None:
    held = cluster("https://one")
    file = write(tmp_path / "config", kubeconfig({"a": held, "b": held}))
    assert "*id001" in file.read_text("utf-8")
    told = read_kubeconfig((file,))
    assert told.access("a").cluster == told.access("b").cluster


def test_what_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialsInvalid, match="cannot be read: Is a directory"):
        read_kubeconfig((tmp_path,))
    file = tmp_path / "config"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CredentialsInvalid, match="is no text"):
        read_kubeconfig((file,))
    monkeypatch.setattr(reading, "LARGEST_BYTES", 1)
    with pytest.raises(CredentialsInvalid, match="is larger than 1 bytes"):
        read_kubeconfig((file,))


def test_entries_with_credentials_have_no_text(tmp_path: Path) -> None:
    held = {
        **dict.fromkeys(("token", "password", "client-key-data"), CANARY),
        "exec": {"command": CANARY, "env": [{"name": "A", "value": CANARY}]},
        "auth-provider": {"config": {"id-token": CANARY}},
    }
    server = cluster("https://x", **{"proxy-url": f"http://u:{CANARY}@p"})
    told = read_kubeconfig((write(tmp_path / "c", kubeconfig({"a": server}, {"a": held})),))
    access = told.access("a")
    assert access.user.token == CANARY
    assert CANARY not in f"{access} {access.user} {access.cluster} {access.user.exec}"
    assert access.user.exec is not None
    assert CANARY not in str(access.user.exec.env)


def test_a_file_is_read_again_only_where_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []
    decode = reading._decoded

    def counting(file: Path) -> Any:
        reads.append(file)
        return decode(file)

    monkeypatch.setattr(reading, "_decoded", counting)
    file = tmp_path / "config"

    def token(value: str, *, changed_s: float) -> str:
        write(file, kubeconfig({"a": cluster("https://a")}, {"a": {"token": value}}))
        moment = time.time() - changed_s
        os.utime(file, (moment, moment))
        return read_kubeconfig((file,)).access("a").user.token

    assert token("one", changed_s=90) == "one"
    assert read_kubeconfig((file,)).access("a").user.token == "one"
    assert len(reads) == 1
    assert token("two", changed_s=60) == "two"
    assert token("six", changed_s=0) == "six"
    assert token("ten", changed_s=0) == "ten"
    assert len(reads) == 4
    file.unlink()
    with pytest.raises(CredentialsInvalid, match="cannot be read: No such file"):
        read_kubeconfig((file,))
