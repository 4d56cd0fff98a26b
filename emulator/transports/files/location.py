"""The address of a file, taken apart and checked."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from emulator.domain.files import TransferFailed, TransferProblem

PORTS = {"http": 80, "https": 443, "ftp": 21, "ftps": 21, "sftp": 22}
# A URL with this port of ftps begins with TLS; on others TLS is asked for with AUTH TLS (RFC 4217).
IMPLICIT_FTPS_PORT = 990


class Location(NamedTuple):
    """Where a file is, or shall go; `path` is decoded and begins with a slash, `query` is as given."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    path: str
    query: str

    @property
    def url(self) -> str:
        """The address without user and password, as it may be shown and sent."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{host}{port}{quote(self.path, safe='/%:@!$&()*+,;=~')}{query}"

    def inside(self, name: str) -> Location:
        """The place of a file of that name in the folder that this address is."""
        return self._replace(path=f"{self.path.rstrip('/')}/{name}")


def location_of(url: str) -> Location:
    """Take a URL apart; raises TransferFailed (bad URL, or a scheme that the station cannot do)."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise _bad(f"The address {_short(url)} is no URL: {error}.") from error
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        if not scheme:
            raise _bad(f"The address {_short(url)} is no URL: it does not say how to get there.")
        raise TransferFailed(
            TransferProblem.NOT_SUPPORTED,
            f"The station cannot transfer files with {scheme}://.",
            "Use http, https, ftp, ftps or sftp.",
        )
    if not parts.hostname:
        raise _bad(f"The address {_short(url)} names no host.")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in unquote(url)):
        # A line break would smuggle commands into FTP.
        raise _bad(f"The address {_short(url)} holds control characters.")
    return Location(
        scheme,
        parts.hostname,
        port or PORTS[scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        parts.path if scheme in {"http", "https"} else unquote(parts.path),
        parts.query,
    )


def _bad(sentence: str) -> TransferFailed:
    return TransferFailed(TransferProblem.BAD_URL, sentence, "It must look like https://host/path.")


def _short(url: str) -> str:
    # What stands before an @ may be a password.
    return repr(url.rsplit("@", 1)[-1][:80])
