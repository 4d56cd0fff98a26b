"""Files over real sockets: fetched, stored, gone on with, refused."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from emulator.domain.files import TransferFailed, TransferProblem, TransferProfile
from emulator.transports.files.location import location_of
from emulator.transports.files.network import NetworkFiles
from tests.unit.transports.files.conftest import CONTENT, Answer, FtpServer, Start

FILES = NetworkFiles()


class Seen(list[tuple[int, int | None]]):
    """The progress that was told."""

    def __call__(self, done: int, total: int | None) -> None:
        self.append((done, total))


async def fetch(url: str, file: Path, profile: TransferProfile) -> Seen:
    seen = Seen()
    await FILES.download(url, file, profile, seen)
    return seen


async def refusal(url: str, file: Path, profile: TransferProfile) -> TransferFailed:
    with pytest.raises(TransferFailed) as caught:
        await fetch(url, file, profile)
    assert caught.value.sentence.endswith((".", ":")) or ": " in caught.value.sentence
    return caught.value


# --- addresses


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", TransferProblem.BAD_URL),
        ("firmware.bin", TransferProblem.BAD_URL),
        ("http://", TransferProblem.BAD_URL),
        ("http://host:notaport/x", TransferProblem.BAD_URL),
        ("http://[::1/x", TransferProblem.BAD_URL),
        ("ftp://host/a%0d%0aDELE%20b", TransferProblem.BAD_URL),
        ("http://host", TransferProblem.BAD_URL),
        ("file:///etc/passwd", TransferProblem.NOT_SUPPORTED),
        ("gopher://host/x", TransferProblem.NOT_SUPPORTED),
    ],
)
async def test_an_address_that_cannot_be_used_is_refused_in_one_sentence(
    url: str, problem: TransferProblem, tmp_path: Path, profile: TransferProfile
) -> None:
    assert (await refusal(url, tmp_path / "file", profile)).problem is problem
    assert not (tmp_path / "file").exists()


def test_an_address_that_is_shown_holds_no_password() -> None:
    place = location_of("ftp://user:pass%40word@host:2121/a%20b/?q=1")
    assert (place.user, place.password, place.path) == ("user", "pass@word", "/a b/")
    assert place.url == "ftp://host:2121/a%20b/?q=1"


async def test_nobody_listens(tmp_path: Path, profile: TransferProfile) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for scheme in ("http", "ftp", "sftp"):
        failure = await refusal(f"{scheme}://127.0.0.1:{port}/x", tmp_path / "file", profile)
        assert failure.problem is TransferProblem.UNREACHABLE, scheme
        assert "refuses connections" in failure.sentence


# --- HTTP and HTTPS


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.req("N01.FR.15")
async def test_a_file_comes_with_its_progress(
    scheme: str, http: Start, tmp_path: Path, profile: TransferProfile
) -> None:
    server = await http(scheme)
    seen = await fetch(server.url(user="me:secret@"), tmp_path / "file", profile)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert server.requests[0].headers["authorization"].startswith("Basic ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "roots.pem"]


async def test_a_broken_transfer_goes_on_where_it_broke(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    server = await http()
    server.answer = lambda _: Answer(200, CONTENT, cut=200_000, ETag='"one"')
    failure = await refusal(server.url(), tmp_path / "file", profile)
    assert failure.problem is TransferProblem.LOST
    server.answer = server.file
    seen = await fetch(server.url(), tmp_path / "file", profile)
    assert seen[0][0] > 0
    assert server.requests[1].headers["range"] == f"bytes={seen[0][0]}-"
    assert (tmp_path / "file").read_bytes() == CONTENT


async def test_another_file_is_fetched_from_its_beginning(
    http: Start, tmp_path: Path, profile: TransferProfile
) -> None:
    server = await http()
    server.answer = lambda _: Answer(200, b"x" * 1000, cut=500, ETag='"old"')
    await refusal(server.url(), tmp_path / "file", profile)
    server.answer = server.file
    await fetch(server.url(), tmp_path / "file", profile)
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (401, TransferProblem.PERMISSION_DENIED),
        (403, TransferProblem.PERMISSION_DENIED),
        (404, TransferProblem.NOT_FOUND),
        (500, TransferProblem.BAD_MESSAGE),
        (501, TransferProblem.NOT_SUPPORTED),
    ],
)
async def test_what_a_server_refuses(
    status: int, problem: TransferProblem, http: Start, tmp_path: Path, profile: TransferProfile
) -> None:
    server = await http()
    server.answer = lambda _: Answer(status)
    failure = await refusal(server.url(user="me:secret@"), tmp_path / "file", profile)
    assert failure.problem is problem
    assert str(status) in failure.sentence
    assert "secret" not in str(failure)


async def test_redirects_are_followed_to_http_alone_and_not_for_ever(
    http: Start, tmp_path: Path, profile: TransferProfile
) -> None:
    server = await http()
    server.answer = lambda request: (
        server.file(request) if request.target == "/other" else Answer(302, location="/other")
    )
    await fetch(server.url(), tmp_path / "file", profile)
    assert (tmp_path / "file").read_bytes() == CONTENT
    for target in ("/fw.bin", "file:///etc/passwd", "ftp://localhost/x", ""):
        server.answer = lambda _, target=target: Answer(302, location=target)  # type: ignore[misc]
        failure = await refusal(server.url(), tmp_path / "another", profile)
        assert "redirect" in failure.sentence or failure.problem is TransferProblem.BAD_MESSAGE
    assert len(server.requests) < 20


async def test_https_never_becomes_http(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    plain, secure = await http(), await http("https")
    secure.answer = lambda _: Answer(301, location=plain.url())
    failure = await refusal(secure.url(), tmp_path / "file", profile)
    assert "redirect to http://" in failure.sentence
    assert not plain.requests


async def test_a_password_is_not_carried_to_another_server(
    http: Start, tmp_path: Path, profile: TransferProfile
) -> None:
    first, other = await http(), await http()
    first.answer = lambda _: Answer(307, location=other.url())
    await fetch(first.url(user="me:secret@"), tmp_path / "file", profile)
    assert "authorization" in first.requests[0].headers
    assert "authorization" not in other.requests[0].headers


async def test_a_server_that_stalls_is_given_up(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    server = await http()
    server.answer = lambda _: Answer(stall=True)
    failure = await refusal(server.url(), tmp_path / "file", profile._replace(stall_s=0.2))
    assert failure.problem is TransferProblem.TIMED_OUT


async def test_a_file_that_is_too_large_is_not_taken(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    server = await http()
    small = profile._replace(maximum_bytes=100_000)
    assert (await refusal(server.url(), tmp_path / "file", small)).problem is TransferProblem.TOO_LARGE
    # Nor where the server does not say how large it is.
    server.answer = lambda _: Answer(200, b"8000\r\n" + b"x" * 0x8000 + b"\r\n", Transfer_Encoding="chunked")
    tiny = profile._replace(maximum_bytes=1000)
    assert (await refusal(server.url(), tmp_path / "other", tiny)).problem in {
        TransferProblem.TOO_LARGE,
        TransferProblem.BAD_MESSAGE,
        TransferProblem.LOST,
    }
    assert (tmp_path / "other").stat().st_size <= 1000


async def test_a_file_larger_than_the_disk_is_refused_before_it_comes(
    http: Start, tmp_path: Path, profile: TransferProfile
) -> None:
    server = await http()
    server.answer = lambda _: Answer(200, b"x", Content_Length=str(1 << 60))
    failure = await refusal(server.url(), tmp_path / "file", profile._replace(maximum_bytes=1 << 62))
    assert failure.problem is TransferProblem.DISK


async def test_a_folder_that_cannot_be_written(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    server = await http()
    assert (await refusal(server.url(), tmp_path / "no" / "file", profile)).problem is TransferProblem.DISK


async def test_a_link_in_place_of_the_file_is_not_followed(
    http: Start, tmp_path: Path, profile: TransferProfile
) -> None:
    server = await http()
    (tmp_path / "precious").write_text("keep")
    os.symlink(tmp_path / "precious", tmp_path / "file")
    await refusal(server.url(), tmp_path / "file", profile)
    assert (tmp_path / "precious").read_text() == "keep"


async def test_only_roots_of_the_csms_are_trusted(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    server = await http("https")
    failure = await refusal(server.url(), tmp_path / "file", TransferProfile())
    assert failure.problem is TransferProblem.TLS
    assert "no CSMS root" in failure.sentence
    import trustme

    trustme.CA().cert_pem.write_to_path(profile.ca_file)
    assert (await refusal(server.url(), tmp_path / "file", profile)).problem is TransferProblem.TLS


async def test_a_file_is_put_into_the_folder(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    server, seen = await http("https"), Seen()
    (tmp_path / "log.zip").write_bytes(CONTENT)
    await FILES.upload(server.url("/logs/"), tmp_path / "log.zip", "log.zip", profile, seen)
    assert [(r.method, r.target, r.body == CONTENT) for r in server.requests] == [("PUT", "/logs/log.zip", True)]
    assert seen[-1] == (len(CONTENT), len(CONTENT))


async def test_an_address_with_a_query_is_taken_as_it_is(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    server = await http()
    (tmp_path / "log.zip").write_bytes(b"x")
    await FILES.upload(server.url("/bucket/key?signature=1"), tmp_path / "log.zip", "log.zip", profile, Seen())
    assert server.requests[0].target == "/bucket/key?signature=1"


@pytest.mark.req("N01.FR.18", "N01.FR.19")
async def test_a_server_without_put_gets_a_form(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    server = await http()
    server.answer = lambda request: Answer(405 if request.method == "PUT" else 200)
    (tmp_path / "log.zip").write_bytes(b"the log")
    await FILES.upload(server.url("/logs"), tmp_path / "log.zip", "log.zip", profile, Seen())
    post = server.requests[-1]
    assert (post.method, post.target) == ("POST", "/logs")
    assert b'Content-Disposition: form-data; name="uploadfile"; filename="log.zip"' in post.body
    assert b"\r\n\r\nthe log\r\n" in post.body


async def test_an_upload_that_is_refused_says_why(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    server = await http()
    server.answer = lambda _: Answer(403)
    (tmp_path / "log.zip").write_bytes(b"the log")
    with pytest.raises(TransferFailed) as caught:
        await FILES.upload(server.url("/logs"), tmp_path / "log.zip", "log.zip", profile, Seen())
    assert caught.value.problem is TransferProblem.PERMISSION_DENIED


async def test_cancelling_ends_a_transfer(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    server = await http()
    server.answer = lambda _: Answer(stall=True)
    task = asyncio.ensure_future(fetch(server.url(), tmp_path / "file", profile))
    while not server.requests:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# --- FTP and FTPS


async def test_ftp_fetches_and_goes_on(ftp: FtpServer, tmp_path: Path, profile: TransferProfile) -> None:
    stop = Stop()
    with pytest.raises(Stop.Enough):
        await FILES.download(ftp.url("/fw.bin"), tmp_path / "file", profile, stop)
    seen = await fetch(ftp.url("/fw.bin"), tmp_path / "file", profile)
    assert seen[0] == (stop.reached, len(CONTENT))
    assert (tmp_path / "file").read_bytes() == CONTENT


class Stop:
    """Breaks a transfer in its middle."""

    class Enough(Exception):
        """It is broken."""

    reached = 0

    def __call__(self, done: int, total: int | None) -> None:
        self.reached = done
        if done > 100_000:
            raise self.Enough


async def test_ftp_stores_in_a_folder_that_it_makes(
    ftp: FtpServer, tmp_path: Path, served: Path, profile: TransferProfile
) -> None:
    (tmp_path / "log.zip").write_bytes(CONTENT)
    seen = Seen()
    await FILES.upload(ftp.url("/new/logs/"), tmp_path / "log.zip", "log.zip", profile, seen)
    assert (served / "new" / "logs" / "log.zip").read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))


async def test_ftp_refusals(ftp: FtpServer, tmp_path: Path, profile: TransferProfile) -> None:
    cases = {
        ftp.url("/none.bin"): TransferProblem.NOT_FOUND,
        ftp.url("/fw.bin", "guest:guest"): TransferProblem.PERMISSION_DENIED,
        ftp.url("/fw.bin", "user:wrong"): TransferProblem.PERMISSION_DENIED,
    }
    for url, problem in cases.items():
        assert (await refusal(url, tmp_path / "file", profile)).problem is problem, url


async def test_a_server_that_is_no_ftp_server(http: Start, tmp_path: Path, profile: TransferProfile) -> None:
    server = await http()
    url = server.url().replace("http:", "ftp:")
    failure = await refusal(url, tmp_path / "file", profile._replace(stall_s=0.3))
    assert failure.problem in {TransferProblem.TIMED_OUT, TransferProblem.BAD_MESSAGE, TransferProblem.LOST}


# --- SFTP


async def test_sftp_fetches_and_goes_on(sftp: str, tmp_path: Path, profile: TransferProfile) -> None:
    url, stop = f"sftp://user:secret@{sftp}/fw.bin", Stop()
    with pytest.raises(Stop.Enough):
        await FILES.download(url, tmp_path / "file", profile, stop)
    seen = await fetch(url, tmp_path / "file", profile)
    assert seen[0] == (stop.reached, len(CONTENT))
    assert (tmp_path / "file").read_bytes() == CONTENT


async def test_sftp_stores(sftp: str, tmp_path: Path, served: Path, profile: TransferProfile) -> None:
    (tmp_path / "log.zip").write_bytes(CONTENT)
    await FILES.upload(f"sftp://user:secret@{sftp}/new/logs", tmp_path / "log.zip", "log.zip", profile, Seen())
    assert (served / "new" / "logs" / "log.zip").read_bytes() == CONTENT


async def test_sftp_refusals(sftp: str, tmp_path: Path, profile: TransferProfile) -> None:
    wrong = await refusal(f"sftp://user:wrong@{sftp}/fw.bin", tmp_path / "file", profile)
    assert wrong.problem is TransferProblem.PERMISSION_DENIED
    missing = await refusal(f"sftp://user:secret@{sftp}/none.bin", tmp_path / "file", profile)
    assert missing.problem is TransferProblem.NOT_FOUND
