"""What is fetched is taken only if it is what it was, and is there whole or not at all."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.helm import tools


def package(folder: Path, *, without: str = "") -> Path:
    """Make a package like the one that is fetched."""
    layer = folder / "layer.zip"
    with zipfile.ZipFile(layer, "w") as archive:
        for name, member in tools.MEMBERS.items():
            if name != without:
                archive.writestr(member, f"#!/bin/sh\necho {name}\n")
    with tarfile.open(folder / "package.tgz", "w:gz") as outer:
        outer.add(layer, tools.LAYER)
    return folder / "package.tgz"


@pytest.fixture
def genuine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a package that is taken for the one that is known."""
    made = package(tmp_path)
    digest = hashlib.sha256((tmp_path / "layer.zip").read_bytes()).hexdigest()
    monkeypatch.setattr(tools, "LAYER_SHA256", digest)
    return made


def test_programs_are_laid_where_they_are_found_and_can_be_started(
    genuine: Path, tmp_path: Path
) -> None:
    room = tmp_path / "room"
    assert tools.found(room) is None
    tools.unpack(genuine, room)
    there = tools.found(room)
    assert there is not None
    said = subprocess.run([str(there.kubectl)], capture_output=True, text=True, check=True).stdout
    assert said == "kubectl\n"
    assert sorted(file.name for file in room.iterdir()) == ["helm", "kubectl"]


def test_another_file_than_is_known_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    room = tmp_path / "room"
    with pytest.raises(tools.UnexpectedFileError, match="has the sha256"):
        tools.unpack(package(tmp_path), room)
    assert list(room.iterdir()) == []


def test_half_of_it_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = package(tmp_path, without="kubectl")
    digest = hashlib.sha256((tmp_path / "layer.zip").read_bytes()).hexdigest()
    monkeypatch.setattr(tools, "LAYER_SHA256", digest)
    with pytest.raises(KeyError):
        tools.unpack(made, tmp_path / "room")
    assert tools.found(tmp_path / "room") is None


def test_what_is_there_is_not_fetched_again(
    genuine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def packed(folder: Path) -> Path:
        asked.append(folder)
        return genuine

    monkeypatch.setattr(tools, "packed", packed)
    first = tools.fetch(tmp_path / "room")
    assert tools.fetch(tmp_path / "room") == first
    assert len(asked) == 1


def test_npm_is_the_machines_own_or_the_one_beside_the_type_checker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/npm")
    assert tools.npm() == ["/usr/bin/npm"]
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert all(Path(word).exists() for word in tools.npm())


def test_elsewhere_than_on_linux_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert tools.main() == 1
    assert "for Linux on x86-64 only" in capsys.readouterr().err
