"""TLS of the API's door; a renewed certificate is taken up at the next connection."""

from __future__ import annotations

import logging
import ssl

from apiscape.errors import SettingsError
from apiscape.serve.http.listen import Tls

logger = logging.getLogger("apiscape.serve")

Stamp = tuple[int, int]


class Renewing:
    """A context whose certificate follows its files."""

    def __init__(self, tls: Tls) -> None:
        """Read the files.

        Raises:
            SettingsError: They cannot be read, or do not belong together.
        """
        self._tls = tls
        self._stamp = self._read_stamp()
        try:
            self._current = self._load()
        except (OSError, ssl.SSLError) as error:
            hint = "give the chain and the key that belongs to it, both in PEM"
            message = f"no TLS with this certificate and key: {error}"
            raise SettingsError(message, path=str(tls.certificate), hint=hint) from error
        self.context = self._load()
        self.context.sni_callback = self._renew

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._tls.certificate, self._tls.key)
        return context

    def _renew(
        self, connection: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _ctx: ssl.SSLContext
    ) -> None:
        """Give a connection the newest certificate; files that cannot be read leave the one that was."""
        try:
            stamp = self._read_stamp()
            if stamp != self._stamp:
                self._current, self._stamp = self._load(), stamp
        except (OSError, ssl.SSLError) as error:
            logger.error("the certificate stays as it was: %s", error)  # noqa: TRY400 - nothing to trace
        connection.context = self._current

    def _read_stamp(self) -> tuple[Stamp, ...]:
        try:
            found = [file.stat() for file in (self._tls.certificate, self._tls.key)]
        except OSError:
            return ()
        return tuple((each.st_mtime_ns, each.st_ino) for each in found)
