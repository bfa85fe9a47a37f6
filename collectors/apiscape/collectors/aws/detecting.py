"""What this machine is signed in to, from variables and the SDK's own files; nothing is asked, and no value is kept.

Source: the AWS SDKs' reference of shared configuration and credentials files, "Profile settings".
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

SIGNS_OF_SIGN_IN = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Variables by which the SDK would find credentials without asking anybody."""

WAYS_IN = frozenset(
    {
        *("aws_access_key_id", "credential_process", "login_session", "role_arn"),
        *("sso_account_id", "sso_session", "sso_start_url", "web_identity_token_file"),
    }
)
"""Keys of a profile by which the SDK signs in."""

CREDENTIALS = ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
CONFIGURATION = ("AWS_CONFIG_FILE", "~/.aws/config")
PROFILE = "profile "
"""Begins the name of a section of the configuration file; the default profile's is its name alone."""

DEFAULT = "default"


def find_sign_ins() -> Mapping[str, Any] | Sequence[Mapping[str, Any]] | None:
    """Return settings for what is signed in to: by variables, else the default profile, else each that there is."""
    chosen = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    if chosen:
        return {"profile": chosen}
    if any(os.environ.get(name) for name in SIGNS_OF_SIGN_IN):
        return {}
    profiles = sorted({*_profiles(CREDENTIALS), *_profiles(CONFIGURATION)})
    if DEFAULT in profiles:
        return {}
    return [{"name": _source_name(name), "profile": name} for name in profiles] or None


def _profiles(where: tuple[str, str]) -> Iterator[str]:
    """Yield the profiles of a file that name a way in; the default one where it cannot be read: the SDK will say so."""
    variable, usual = where
    file = Path(os.environ.get(variable) or usual).expanduser()
    if not file.is_file():
        return
    read = configparser.RawConfigParser(strict=False, default_section="")
    try:
        read.read_string(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        yield DEFAULT
        return
    for section in read.sections():
        is_profile = where == CREDENTIALS or section == DEFAULT or section.startswith(PROFILE)
        if is_profile and WAYS_IN & set(read.options(section)):
            yield section.removeprefix(PROFILE).strip().strip("'\"")


def _source_name(profile: str) -> str:
    """Return a profile as the name of a source may be written."""
    return re.sub(r"[^a-z0-9_-]+", "-", profile.lower()).strip("-_")[:60] or "aws"
