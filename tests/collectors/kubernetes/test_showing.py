"""What is shown to a cluster: read anew when it is due, and never shown to anybody else."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from apiscape.collectors.contract import CredentialsInvalid
from apiscape.collectors.kubernetes import showing
from apiscape.collectors.kubernetes.kubeconfig import Access
from apiscape.collectors.kubernetes.kubeconfig_entries import Cluster, User
from apiscape.collectors.kubernetes.showing import (
    FRESH_S,
    Certificate,
    Lasting,
    Shown,
    bearer,
    standing,
)
from tests.collectors.kubernetes.kubeconfigs import CANARY


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def access(user: User, folder: Path = Path("/")) -> Access:
    return Access("ctx", Cluster(), user, folder, folder)


def failure(act: Callable[[], object]) -> CredentialsInvalid:
    with pytest.raises(CredentialsInvalid) as caught:
        act()
    assert caught.value.next_step
    assert CANARY not in str(caught.value.record())
    return caught.value


def test_a_token_file_is_read_anew_when_it_is_due_and_when_it_was_not_taken(tmp_path: Path) -> None:
    clock, file = Hands(), tmp_path / "token"
    file.write_text("one\n", "utf-8")
    signs_in = standing(access(User(token_file="token", token="other"), tmp_path), clock)
    assert signs_in.show(anew=False).headers == {"Authorization": "Bearer one"}
    file.write_text("two", "utf-8")
    clock.now_s = FRESH_S - 1
    assert signs_in.show(anew=False).headers == {"Authorization": "Bearer one"}
    assert signs_in.show(anew=True).headers == {"Authorization": "Bearer two"}
    file.write_text("three", "utf-8")
    clock.now_s += FRESH_S
    assert signs_in.show(anew=False).headers == {"Authorization": "Bearer three"}
    file.unlink()
    error = failure(lambda: signs_in.show(anew=True))
    assert error.message == f"the token cannot be read from {file}: No such file or directory"


def test_what_has_no_end_is_shown_until_it_is_not_taken() -> None:
    clock = Hands()
    tokens = iter("abc")
    signs_in = Lasting(lambda: (bearer(next(tokens)), None), clock)
    first = signs_in.show(anew=False)
    clock.now_s = 1e9
    assert signs_in.show(anew=False) is first
    assert signs_in.show(anew=True).headers == {"Authorization": "Bearer b"}


def test_what_could_not_be_got_is_tried_again() -> None:
    answers: list[Shown | CredentialsInvalid] = [bearer("a"), CredentialsInvalid("no"), bearer("b")]

    def get() -> tuple[Shown, float]:
        answer = answers.pop(0)
        if isinstance(answer, CredentialsInvalid):
            raise answer
        return answer, 1.0

    signs_in = Lasting(get, Hands())
    signs_in.show(anew=False)
    with pytest.raises(CredentialsInvalid):
        signs_in.show(anew=True)
    assert signs_in.show(anew=False).headers == {"Authorization": "Bearer b"}


def test_the_other_ways_of_a_users_entry(tmp_path: Path) -> None:
    def headers(user: User) -> object:
        return standing(access(user)).show(anew=False).headers

    assert headers(User(token=" t ")) == {"Authorization": "Bearer t"}
    pair = base64.b64encode(b"ann:pw").decode()
    assert headers(User(username="ann", password="pw")) == {"Authorization": f"Basic {pair}"}
    assert headers(User()) == {}
    (tmp_path / "crt").write_bytes(b"chain")
    user = User(client_certificate="crt", client_key_data=base64.b64encode(b"key").decode())
    shown = standing(access(user, tmp_path)).show(anew=False)
    assert (shown.headers, shown.certificate) == ({}, Certificate(b"chain", b"key"))


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (User(token=f"{CANARY}\r\nHost: x"), "the token is empty, or holds what no token can"),
        (User(token=" "), "the token is empty, or holds what no token can"),
        (User(client_certificate_data="!"), "the certificate in the kubeconfig is no base64"),
        (User(client_key_data="YQ=="), "has a certificate without a key, or a key without one"),
        (User(auth_provider={"config": {"cmd-path": CANARY}}), "which no longer exists"),
        (User(acts_as="root", token=CANARY), "acts as somebody else (`as`)"),
        (User(acts_as_groups=["system:masters"]), "acts as somebody else (`as`)"),
        (User(token_file=f"{'x' * 300}\x00"), "the token cannot be read from /xxx"),
        (User(token_file="~nobody-of-that-name/x"), "the token cannot be read from /~nobody"),
    ],
)
def test_what_nobody_can_sign_in_with_is_said_by_name(user: User, said: str) -> None:
    assert said in failure(lambda: standing(access(user)).show(anew=False)).message


def test_a_file_is_read_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text(CANARY, "utf-8")
    monkeypatch.setattr(showing, "LARGEST_FILE_BYTES", 4)
    signs_in = standing(access(User(token_file="token"), tmp_path))
    assert "is larger than 4 bytes" in failure(lambda: signs_in.show(anew=False)).message


def test_what_is_shown_has_no_text() -> None:
    told = Shown(bearer(CANARY).headers, Certificate(CANARY.encode(), CANARY.encode()))
    assert CANARY not in f"{told!r} {told} {told.certificate}"
