"""The entries of a kubeconfig, as far as they are read. Those that hold credentials have no text."""

from __future__ import annotations

from typing import Any

import msgspec


class ContextEntry(msgspec.Struct, frozen=True):
    """Who asks which cluster."""

    cluster: str = ""
    user: str = ""


class Extension(msgspec.Struct, frozen=True):
    """What a cluster's entry says to one program."""

    name: str
    extension: Any = None


class Cluster(msgspec.Struct, frozen=True, rename="kebab"):
    """Where a cluster is, and whose certificate it shows.

    Attributes:
        certificate_authority: A file.
        certificate_authority_data: PEM in base64; counts before the file.
        proxy_url: By which proxy it is reached; may hold credentials.
    """

    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    extensions: list[Extension] | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Variable(msgspec.Struct, frozen=True):
    """A variable of the environment of a program."""

    name: str
    value: str = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Program(msgspec.Struct, frozen=True, rename="camel"):
    """A program that signs in."""

    command: str = ""
    args: list[str] | None = None
    env: list[Variable] | None = None
    api_version: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = "IfAvailable"

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class User(msgspec.Struct, frozen=True, rename="kebab"):
    """By what somebody signs in.

    Attributes:
        token_file: Counts before `token`.
        client_certificate_data, client_key_data: PEM in base64; count before the files.
        acts_as, acts_as_uid, acts_as_groups: Whom they impersonate.
    """

    token: str = ""
    token_file: str = msgspec.field(default="", name="tokenFile")
    username: str = ""
    password: str = ""
    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    exec: Program | None = None
    auth_provider: Any = None
    acts_as: str = msgspec.field(default="", name="as")
    acts_as_uid: str = msgspec.field(default="", name="as-uid")
    acts_as_groups: list[str] | None = msgspec.field(default=None, name="as-groups")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
