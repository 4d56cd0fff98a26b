"""Files over HTTP and HTTPS: GET with Range, PUT, or POST where PUT is not known."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NoReturn

import httpx

from emulator.domain.files import Progress, TransferFailed, TransferProblem, TransferProfile
from emulator.transports.files import local
from emulator.transports.files.location import Location, location_of
from emulator.transports.files.trust import tls_context

MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What a server answers that has no PUT here: then the file is posted as a form (N01.FR.18).
_NO_PUT = frozenset({400, 404, 405, 501})
_PROBLEMS = {
    401: TransferProblem.PERMISSION_DENIED,
    403: TransferProblem.PERMISSION_DENIED,
    404: TransferProblem.NOT_FOUND,
    405: TransferProblem.NOT_SUPPORTED,
    410: TransferProblem.NOT_FOUND,
    413: TransferProblem.TOO_LARGE,
    501: TransferProblem.NOT_SUPPORTED,
}
_BOUNDARY = "forecourt-2f1c9d7a6b5e"


def _client(location: Location, profile: TransferProfile) -> httpx.AsyncClient:
    verify = tls_context(location, profile) if location.scheme == "https" else False
    return httpx.AsyncClient(verify=verify, timeout=profile.stall_s, trust_env=False, follow_redirects=False)


def _auth(location: Location) -> tuple[str, str] | None:
    return (location.user, location.password) if location.user else None


def _next(location: Location, response: httpx.Response) -> Location:
    """Where a redirect leads; raises TransferFailed where the station does not follow."""
    try:
        target = location_of(str(httpx.URL(location.url).join(response.headers.get("location", ""))))
    except (httpx.InvalidURL, TransferFailed) as error:
        raise _refused(location, f"a redirect that the station cannot follow: {error}") from error
    if target.scheme not in {"http", "https"} or (location.scheme, target.scheme) == ("https", "http"):
        raise _refused(location, f"a redirect to {target.scheme}://, which the station does not follow")
    if (target.scheme, target.host, target.port) == (location.scheme, location.host, location.port):
        target = target._replace(user=location.user, password=location.password)
    return target


def _refused(location: Location, what: str) -> TransferFailed:
    return TransferFailed(TransferProblem.BAD_MESSAGE, f"The server {location.host} answered with {what}.")


def _fail(location: Location, response: httpx.Response) -> NoReturn:
    code = response.status_code
    problem = _PROBLEMS.get(code, TransferProblem.BAD_MESSAGE)
    phrase = f" {response.reason_phrase}" if response.reason_phrase else ""
    raise TransferFailed(problem, f"The server answered {code}{phrase} for {location.url}.")


def _translate(location: Location, error: httpx.HTTPError) -> Exception:
    """The failure below, which `network` puts in words; protocol errors say it themselves."""
    if isinstance(error, httpx.TimeoutException):
        return TimeoutError()
    if (cause := _system_error(error)) is not None:
        return cause
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
        sentence = f"The server {location.host}:{location.port} broke off: {error or 'no reason given'}."
        return TransferFailed(TransferProblem.LOST, sentence, "The station tries again.")
    return _refused(location, f"what the station cannot use: {error}")


def _system_error(error: BaseException) -> OSError | None:
    """The innermost failure of the system: those around it do not say what it was."""
    found: OSError | None = None
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, BaseExceptionGroup):
            cause = cause.exceptions[0]
        if isinstance(cause, OSError):
            found = cause
        cause = cause.__cause__ or cause.__context__
    return found


# --- download


async def download(location: Location, file: Path, profile: TransferProfile, progress: Progress) -> None:
    """GET, behind what is in the file if the server has still the same one. Raises TransferFailed, OSError."""
    with local.target(file, profile, progress) as target:
        for _ in range(MOST_REDIRECTS + 1):
            async with _client(location, profile) as client:
                try:
                    following = await _get(client, location, file, target)
                except httpx.HTTPError as error:
                    raise _translate(location, error) from error
            if following is None:
                return
            location = following
    raise _refused(location, f"more than {MOST_REDIRECTS} redirects")


def _resume_headers(file: Path, target: local.Target) -> dict[str, str]:
    validator = local.validator_of(file)
    if not target.received or not validator:
        # Without proof that it is the same file, the beginning cannot be used.
        target.restart()
        return {}
    return {"Range": f"bytes={target.received}-", "If-Range": validator}


async def _get(client: httpx.AsyncClient, location: Location, file: Path, target: local.Target) -> Location | None:
    # No content coding: ranges and sizes are those of the file itself.
    headers = {"Accept-Encoding": "identity", **_resume_headers(file, target)}
    async with client.stream("GET", location.url, headers=headers, auth=_auth(location)) as response:
        if response.status_code in _REDIRECTS:
            return _next(location, response)
        if response.status_code == 416:
            target.restart()
        if response.status_code not in {200, 206}:
            _fail(location, response)
        _begin(response, location, file, target)
        async for piece in response.aiter_raw(local.PIECE_BYTES):
            target.write(piece)
        target.finish()
    local.keep_validator(file, "")
    return None


def _begin(response: httpx.Response, location: Location, file: Path, target: local.Target) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise _refused(location, "a compressed file, which was not asked for")
    if response.status_code == 206:
        first, _, total = response.headers.get("content-range", "").removeprefix("bytes ").partition("/")
        if first.split("-")[0] != str(target.received):
            raise _refused(location, "another part of the file than was asked for")
        target.expect(int(total) if total.isdecimal() else None)
        return
    target.restart()
    local.keep_validator(file, _validator(response))
    length = response.headers.get("content-length", "")
    target.expect(int(length) if length.isdecimal() else None)


def _validator(response: httpx.Response) -> str:
    tag: str = response.headers.get("etag", "")
    modified: str = response.headers.get("last-modified", "")
    return tag if tag and not tag.startswith("W/") else modified


# --- upload


async def upload(location: Location, file: Path, name: str, profile: TransferProfile, progress: Progress) -> None:
    """PUT into the folder, else POST to it (N01.FR.18, N01.FR.19). Raises TransferFailed, OSError."""
    # A query is an order slip for exactly this address (as object stores give): nothing may be added to it.
    place = location if location.query else location.inside(name)
    response = await _send(place, "PUT", file, name, profile, progress)
    if response.status_code in _NO_PUT:
        response = await _send(location, "POST", file, name, profile, progress)
    if not response.is_success:
        _fail(location, response)


async def _send(
    location: Location, method: str, file: Path, name: str, profile: TransferProfile, progress: Progress
) -> httpx.Response:
    for _ in range(MOST_REDIRECTS + 1):
        async with _client(location, profile) as client:
            try:
                response = await client.request(
                    method,
                    location.url,
                    headers=_headers(method, file, name),
                    content=_form(file, name, progress) if method == "POST" else local.pieces(file, progress),
                    auth=_auth(location),
                )
            except httpx.HTTPError as error:
                raise _translate(location, error) from error
        if response.status_code not in _REDIRECTS:
            return response
        location = _next(location, response)
    raise _refused(location, f"more than {MOST_REDIRECTS} redirects")


def _head(name: str) -> bytes:
    disposition = f'Content-Disposition: form-data; name="uploadfile"; filename="{name}"'
    return f"--{_BOUNDARY}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()


_TAIL = f"\r\n--{_BOUNDARY}--\r\n".encode()


def _headers(method: str, file: Path, name: str) -> dict[str, str]:
    size = file.stat().st_size
    if method == "PUT":
        return {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
    length = len(_head(name)) + size + len(_TAIL)
    return {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}", "Content-Length": str(length)}


async def _form(file: Path, name: str, progress: Progress) -> AsyncIterator[bytes]:
    yield _head(name)
    async for piece in local.pieces(file, progress):
        yield piece
    yield _TAIL
