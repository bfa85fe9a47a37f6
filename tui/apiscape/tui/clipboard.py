"""Copy by what works: the desktop's own tool, else the terminal (OSC 52), else a file."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from apiscape.client.words import count

TOOLS: Sequence[Sequence[str]] = (
    ("pbcopy",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
    ("clip.exe",),
)
"""Native tools, the first one found is used."""

NEEDS: Mapping[str, str] = {"wl-copy": "WAYLAND_DISPLAY", "xclip": "DISPLAY", "xsel": "DISPLAY"}
"""What must be set for a tool to have a clipboard to write to."""

LONGEST_OSC52 = 74_994
"""Bytes of payload that terminals take."""

TIMEOUT_S = 2.0


def native_tool(environ: Mapping[str, str]) -> Sequence[str] | None:
    """Return the tool that reaches the person's clipboard; over SSH there is none."""
    if "SSH_TTY" in environ or "SSH_CONNECTION" in environ:
        return None
    for tool in TOOLS:
        needs = NEEDS.get(tool[0])
        if (needs is None or environ.get(needs)) and shutil.which(tool[0]):
            return tool
    return None


def copy(text: str, environ: Mapping[str, str], osc52: Callable[[str], None]) -> str:
    """Copy a text and return in words where it went."""
    tool, length = native_tool(environ), count(len(text), "character")
    if tool and _run(tool, text):
        return f"Copied {length}."
    if len(base64.b64encode(text.encode())) <= LONGEST_OSC52:
        osc52(text)
        return f"Copied {length} through the terminal, if it allows that."
    return f"Too long for the terminal: saved to {save(text)}"


def save(text: str) -> Path:
    """Return a new file, readable by its owner only, with the text."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="apiscape-", suffix=".txt", delete=False
    ) as file:
        file.write(text)
    return Path(file.name)


def _run(tool: Sequence[str], text: str) -> bool:
    try:
        done = subprocess.run(tool, input=text.encode(), timeout=TIMEOUT_S, check=False)  # noqa: S603 - one of TOOLS
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
