"""Firmware updates of 1.6: sections 4.5 and 5.19, and the white paper's L01."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator.domain.files import TransferProblem
from emulator.domain.times import timestamp
from emulator.domain.vault import CertificateProblem
from tests.support.file_dialogue import FileDialogue

LOCATION = "https://user:secret@files.test/fw-2.1.0.bin"
PLAIN, SIGNED = "FirmwareStatusNotification", "SignedFirmwareStatusNotification"
SECURITY = "SecurityEventNotification"
CAR = {"name": "A", "battery_kwh": 200, "soc": 10}


def in_seconds(d: FileDialogue, seconds: float) -> str:
    return timestamp(d.clock.now() + timedelta(seconds=seconds))


async def update(d: FileDialogue, **fields: Any) -> dict[str, Any]:
    return await d.call("UpdateFirmware", location=LOCATION, **{"retrieveDate": in_seconds(d, 0), **fields})


async def signed(d: FileDialogue, number: int = 7, retries: int | None = None, **firmware: Any) -> dict[str, Any]:
    wire = {
        "location": LOCATION,
        "retrieveDateTime": in_seconds(d, 0),
        "signingCertificate": "PEM",
        "signature": "c2ln",
        **firmware,
    }
    more = {} if retries is None else {"retries": retries, "retryInterval": 10}
    return await d.call("SignedUpdateFirmware", requestId=number, firmware=wire, **more)


async def charge(d: FileDialogue) -> None:
    await d.perform("plug", evse=1, vehicle=CAR)
    await d.perform("swipe", id_token="TAG1", evse=1)


# --- plain updates (5.19)


@pytest.mark.req("1.6:4.5", "1.6:5.19", "1.6:errata:3.47", "1.6:errata:3.48")
async def test_an_update_tells_each_status_in_order_and_boots_the_new_version(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        assert await update(d) == {}
        await d.expect(PLAIN, status="Downloading")
        assert d.state("firmware")["received_bytes"] == 0
        assert "secret" not in str(d.state("firmware"))
        await d.advance(6)
        await d.expect(PLAIN, status="Downloaded")
        await d.expect(PLAIN, status="Installing")
        await d.advance(15)
        await d.expect("BootNotification", firmwareVersion="2.1.0")
        await d.expect(PLAIN, status="Installed")
        assert d.statuses(PLAIN) == ["Downloading", "Downloaded", "Installing", "Installed"]
        assert d.state("station")["firmware_version"] == "2.1.0"
        assert not d.state("firmware")["busy"]
        assert list(tmp_path.iterdir()) == []


@pytest.mark.req("1.6:5.19", "1.6:errata:3.63")
async def test_nothing_is_fetched_before_the_retrieve_date(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await update(d, retrieveDate=in_seconds(d, 3600))
        await d.advance(3590)
        await d.expect_none(PLAIN)
        assert d.transfer.asked == []
        await d.advance(11)
        await d.expect(PLAIN, status="Downloading")


@pytest.mark.req("1.6:6.55")
async def test_a_download_is_tried_again_and_given_up(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        d.transfer.for_ever = TransferProblem.NOT_FOUND
        await update(d, retries=2, retryInterval=60)
        await d.advance(5 + 60 + 5 + 60 + 4)
        assert len(d.transfer.asked) == 3
        assert "DownloadFailed" not in d.statuses(PLAIN)
        await d.advance(2)
        assert d.statuses(PLAIN)[-1] == "DownloadFailed"
        assert d.state("firmware")["problem"] == "The server does not want to."
        assert d.state("station")["firmware_version"] == "1.0.0"


@pytest.mark.req("1.6:6.55")
async def test_a_second_attempt_may_work(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        d.transfer.failures = [TransferProblem.LOST]
        await update(d, retries=1, retryInterval=30)
        await d.advance(60)
        assert d.statuses(PLAIN)[-3:] == ["Downloaded", "Installing", "Installed"]


async def test_an_address_that_can_never_work_is_not_tried_again(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        d.transfer.for_ever = TransferProblem.NOT_SUPPORTED
        await update(d, retries=5)
        await d.advance(6)
        assert d.statuses(PLAIN) == ["Downloading", "DownloadFailed"]


async def test_negative_retries_and_dates_that_do_not_parse(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        d.transfer.for_ever = TransferProblem.LOST
        await update(d, retries=-3, retryInterval=-5)
        await d.advance(6)
        assert d.statuses(PLAIN) == ["Downloading", "DownloadFailed"]
        answer = await d.call("UpdateFirmware", location=LOCATION, retrieveDate="soon")
        assert "error" in answer
        assert not d.state("firmware")["busy"]


@pytest.mark.req("1.6:5.19", "1.6:errata:3.49")
async def test_an_installation_waits_for_the_transaction_and_nobody_else_begins(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await charge(d)
        await update(d)
        await d.advance(30)
        assert d.statuses(PLAIN) == ["Downloading", "Downloaded"]
        assert (d.status(1), d.status(2)) == ("Charging", "Unavailable")
        await d.perform("swipe", id_token="TAG1", evse=1)
        await d.expect("StopTransaction")
        await d.advance(1)
        assert d.statuses(PLAIN)[-1] == "Installing"
        assert d.status(2) == "Unavailable"
        await d.advance(20)
        assert d.statuses(PLAIN)[-1] == "Installed"
        assert d.status(2) == "Available"


async def test_an_empty_file_is_not_installed(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        d.transfer.content = b""
        await update(d)
        await d.advance(20)
        assert d.statuses(PLAIN) == ["Downloading", "Downloaded", "InstallationFailed"]
        assert d.status(1) == "Available"


@pytest.mark.req("1.6:4.5", "1.6:7.25")
async def test_idle_is_told_only_when_asked_and_nothing_goes_on(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        assert await d.call("TriggerMessage", requestedMessage=PLAIN) == {"status": "Accepted"}
        await d.expect(PLAIN, status="Idle")
        await update(d)
        await d.expect(PLAIN, status="Downloading")
        await d.call("TriggerMessage", requestedMessage=PLAIN)
        await d.expect(PLAIN, status="Downloading")
        await d.advance(60)
        await d.expect(PLAIN, status="Installed")
        await d.call("TriggerMessage", requestedMessage=PLAIN)
        await d.expect(PLAIN, status="Idle")


@pytest.mark.req("L01.FR.20")
async def test_a_secured_charge_point_takes_no_unsigned_firmware(tmp_path: Path) -> None:
    settings = {"SecurityCtrlr.SecurityProfile": 2}
    async with FileDialogue("1.6", tmp_path, settings=settings) as d:
        assert (await update(d))["error"] == "NotSupported"
        assert d.transfer.asked == []


# --- restarts and broken links


@pytest.mark.parametrize("after_s", [2, 8])
async def test_an_update_survives_a_restart(after_s: float, tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await update(d)
        await d.advance(after_s)
        await d.restart()
        await d.advance(60)
        assert d.statuses(PLAIN)[-2:] == ["Installing", "Installed"]
        assert d.state("station")["firmware_version"] == "2.1.0"
        await d.restart()
        assert d.state("station")["firmware_version"] == "2.1.0"
        assert d.calls("BootNotification")[-1]["firmwareVersion"] == "2.1.0"


async def test_a_second_update_is_remembered_too(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await update(d)
        await d.advance(60)
        await d.call("UpdateFirmware", location="ftp://files.test/next", retrieveDate=in_seconds(d, 0))
        await d.advance(60)
        await d.restart()
        assert d.state("station")["firmware_version"] == "2.1.1"


@pytest.mark.req("L01.FR.01")
async def test_statuses_of_an_offline_time_are_told_later_in_order(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await update(d, retrieveDate=in_seconds(d, 60))
        await d.perform("network", mode="down")
        await d.advance(70)
        assert d.calls(PLAIN) == []
        await d.perform("network", mode="up")
        await d.advance(300)
        assert d.statuses(PLAIN) == ["Downloading", "Downloaded", "Installing", "Installed"]


# --- signed updates (white paper, L01)


@pytest.mark.req("L01.FR.01", "L01.FR.04", "L01.FR.05", "L01.FR.10", "L01.FR.12", "L01.FR.15", "L01.FR.23")
async def test_a_signed_update_tells_every_status_with_its_number(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        assert d.vault is not None
        assert await signed(d) == {"status": "Accepted"}
        assert d.vault.looked_up == 1
        await d.advance(60)
        order = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed"]
        assert d.statuses(SIGNED) == order
        assert {call["requestId"] for call in d.calls(SIGNED)} == {7}
        assert d.vault.verified == [b"the firmware"]
        assert d.calls(PLAIN) == []
        await d.expect(SECURITY, type="FirmwareUpdated")


@pytest.mark.req("L01.FR.02", "L01.FR.24", "L01.FR.25")
@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (CertificateProblem.UNKNOWN_ISSUER, "InvalidCertificate"),
        (CertificateProblem.EXPIRED, "InvalidCertificate"),
        (CertificateProblem.REVOKED, "RevokedCertificate"),
    ],
)
async def test_a_certificate_that_is_not_valid(problem: CertificateProblem, status: str, tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        assert d.vault is not None
        d.vault.certificate = problem
        assert await signed(d) == {"status": status}
        await d.expect(SECURITY, type="InvalidFirmwareSigningCertificate")
        await d.advance(60)
        assert d.calls(SIGNED) == []
        assert d.transfer.asked == []


@pytest.mark.req("L01.FR.24")
async def test_without_a_vault_no_certificate_is_valid(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        d.vault = None
        assert await signed(d) == {"status": "InvalidCertificate"}


@pytest.mark.req("L01.FR.03", "L01.FR.04")
async def test_a_signature_that_does_not_fit(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        assert d.vault is not None
        d.vault.signature = CertificateProblem.WRONG_SIGNATURE
        await signed(d)
        await d.advance(60)
        assert d.statuses(SIGNED) == ["Downloading", "Downloaded", "InvalidSignature"]
        await d.expect(SECURITY, type="InvalidFirmwareSignature")
        assert d.state("station")["firmware_version"] == "1.0.0"


@pytest.mark.req("L01.FR.13", "L01.FR.16", "L01.FR.17")
async def test_what_is_scheduled_is_told_and_done_at_its_time(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await signed(d, retrieveDateTime=in_seconds(d, 100), installDateTime=in_seconds(d, 500))
        await d.expect(SIGNED, status="DownloadScheduled")
        await d.advance(120)
        assert d.statuses(SIGNED)[-2:] == ["SignatureVerified", "InstallScheduled"]
        await d.advance(370)
        assert d.statuses(SIGNED)[-1] == "InstallScheduled"
        await d.advance(15)
        assert d.statuses(SIGNED)[-1] == "Installing"


@pytest.mark.req("L01.FR.14")
async def test_a_download_pauses_between_attempts(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        d.transfer.failures = [TransferProblem.LOST]
        await signed(d, retries=1)
        await d.advance(21)
        assert d.statuses(SIGNED)[:4] == ["Downloading", "DownloadPaused", "Downloading", "Downloaded"]


@pytest.mark.req("L01.FR.06", "L01.FR.07", "L01.FR.18", "L01.FR.19")
async def test_a_signed_installation_waits_for_transactions(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await charge(d)
        await signed(d)
        await d.advance(20)
        assert d.statuses(SIGNED)[-1] == "InstallScheduled"
        assert d.status(2) == "Unavailable"
        await d.perform("swipe", id_token="TAG1", evse=1)
        await d.perform("unplug", evse=1)
        await d.advance(1)
        assert d.status(1) == "Unavailable"
        await d.advance(20)
        assert d.statuses(SIGNED)[-1] == "Installed"


@pytest.mark.req("L01.FR.26")
async def test_a_newer_request_cancels_the_one_before(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await signed(d, retrieveDateTime=in_seconds(d, 1000))
        assert await signed(d, number=8) == {"status": "AcceptedCanceled"}
        await d.advance(2000)
        numbers = [call["requestId"] for call in d.calls(SIGNED)]
        assert numbers == [7, 8, 8, 8, 8, 8, 8]
        assert len(d.transfer.asked) == 1


@pytest.mark.req("L01.FR.28", "L01.FR.29")
async def test_the_last_status_is_told_again_when_asked(tmp_path: Path) -> None:
    async def asked() -> dict[str, Any]:
        d.forget()
        answer = await d.call("ExtendedTriggerMessage", requestedMessage=PLAIN)
        assert answer == {"status": "Accepted"}
        return await d.expect(SIGNED)

    async with FileDialogue("1.6", tmp_path) as d:
        assert await asked() == {"status": "Idle"}
        d.transfer.for_ever = TransferProblem.LOST
        await signed(d, retries=0)
        assert await asked() == {"status": "Downloading", "requestId": 7}
        await d.advance(10)
        assert await asked() == {"status": "DownloadFailed", "requestId": 7}
        await d.restart()
        assert await asked() == {"status": "DownloadFailed", "requestId": 7}
        d.transfer.for_ever = None
        await signed(d, number=8)
        await d.advance(60)
        assert await asked() == {"status": "Idle"}


# --- the operator's hand


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        ("download_failed", ["Downloading", "DownloadFailed"]),
        ("invalid_signature", ["Downloading", "Downloaded", "InvalidSignature"]),
        ("install_failed", ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallationFailed"]),
        (
            "install_verification_failed",
            ["Downloading", "Downloaded", "SignatureVerified", "InstallVerificationFailed"],
        ),
    ],
)
async def test_outcomes_can_be_forced(outcome: str, statuses: list[str], tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await d.perform("firmware", outcome=outcome)
        await signed(d, retries=0)
        await d.advance(60)
        assert d.statuses(SIGNED) == statuses
        assert d.status(1) == "Available"
        # It was for one update only.
        d.forget()
        await signed(d)
        await d.advance(60)
        assert d.statuses(SIGNED)[-1] == "Installed"


@pytest.mark.parametrize("outcome", ["invalid_certificate", "revoked_certificate"])
async def test_a_verdict_on_the_certificate_can_be_forced(outcome: str, tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await d.perform("firmware", outcome=outcome)
        answer = await signed(d)
        assert answer["status"] == outcome.replace("_", " ").title().replace(" ", "")


async def test_success_can_be_forced_without_server_and_certificates(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        d.vault = None
        d.transfer.for_ever = TransferProblem.NOT_SUPPORTED
        await d.perform("firmware", outcome="success", duration_s=100)
        assert await signed(d) == {"status": "Accepted"}
        await d.advance(300)
        assert d.statuses(SIGNED)[-1] == "Installed"


async def test_transfer_and_installation_last_as_long_as_the_operator_wants(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await d.perform("firmware", duration_s=100)
        await update(d)
        await d.advance(99)
        assert d.statuses(PLAIN) == ["Downloading"]
        await d.advance(2)
        assert d.statuses(PLAIN) == ["Downloading", "Downloaded", "Installing"]
        await d.advance(98)
        assert d.statuses(PLAIN)[-1] == "Installing"
        await d.advance(5)
        assert d.statuses(PLAIN)[-1] == "Installed"


async def test_an_update_can_be_refused_while_somebody_charges_or_another_goes_on(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await charge(d)
        await d.perform("firmware", during_transaction="refuse")
        assert await signed(d) == {"status": "Rejected"}
        assert await signed(d, number=8) == {"status": "Accepted"}
        await d.perform("firmware", when_busy="refuse")
        assert await signed(d, number=9) == {"status": "Rejected"}
        await d.advance(10)
        assert {call["requestId"] for call in d.calls(SIGNED)} == {8}


async def test_an_update_can_be_installed_while_somebody_charges(tmp_path: Path) -> None:
    async with FileDialogue("1.6", tmp_path) as d:
        await charge(d)
        await d.perform("firmware", during_transaction="install")
        await signed(d)
        await d.advance(7)
        assert d.statuses(SIGNED)[-1] == "Installing"
        assert d.status(1) == "Charging"
        await d.advance(30)
        await d.expect("StopTransaction", reason="Reboot")
        assert d.statuses(SIGNED)[-1] == "Installed"


# --- with real keys


@pytest.mark.req("L01.FR.03", "L01.FR.04", "L01.FR.12", "L01.FR.24")
async def test_real_signatures_by_a_real_manufacturer(tmp_path: Path) -> None:
    from emulator.certificates.pki import create_pki
    from emulator.certificates.vault import CertificateVault
    from emulator.domain.vault import CertificateUse, VaultRules

    async with FileDialogue("1.6", tmp_path / "files") as d:
        pki = create_pki(tmp_path / "pki", d.clock.now())
        vault = CertificateVault(tmp_path / "vault", now=d.clock.now, rules=VaultRules)
        d.vault = vault  # type: ignore[assignment]
        d.transfer.content = b"real firmware " * 1000
        (tmp_path / "image").write_bytes(d.transfer.content)
        signature, certificate = pki.sign_firmware(tmp_path / "image")
        await d.advance(3600)
        fields = {"signature": signature, "signingCertificate": certificate}
        assert await signed(d, **fields) == {"status": "InvalidCertificate"}
        root = pki.root_file("manufacturer").read_text("ascii")
        assert vault.install_root(CertificateUse.MANUFACTURER_ROOT, root).accepted
        d.forget()
        assert await signed(d, **fields) == {"status": "Accepted"}
        await d.advance(60)
        assert d.statuses(SIGNED)[-1] == "Installed"
        d.forget()
        d.transfer.content = b"forged"
        assert await signed(d, **fields) == {"status": "Accepted"}
        await d.advance(60)
        assert d.statuses(SIGNED) == ["Downloading", "Downloaded", "InvalidSignature"]
