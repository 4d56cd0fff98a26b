"""A test PKI that is made once, a moment that stands still, and a vault in a fresh folder."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from emulator.certificates.pki import create_pki, load_pki
from emulator.certificates.vault import CertificateVault
from emulator.domain.vault import CertificateUse, VaultRules

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
STATION = "SN-0001"


class Moment:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


@pytest.fixture
def openssl(tmp_path):
    """Run the openssl command in the test's folder: the second opinion."""

    def run(command):
        return subprocess.run(["openssl", *command.split()], cwd=tmp_path, capture_output=True, check=True).stdout

    return run


@pytest.fixture(scope="session")
def pki_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki") / "pki"
    create_pki(folder, NOW, "csms.example.org", stations=[STATION], service_port=18889)
    return folder


@pytest.fixture
def pki(pki_folder, tmp_path):
    """The PKI in a copy of its own, so that a test may revoke what it likes."""
    shutil.copytree(pki_folder, tmp_path / "pki")
    return load_pki(tmp_path / "pki")


@pytest.fixture
def moment():
    return Moment()


@pytest.fixture
def rules():
    """What the device model says; a test may change it."""
    return [VaultRules()]


@pytest.fixture
def make_vault(tmp_path, moment, rules):
    def make(**options):
        return CertificateVault(tmp_path / "vault", moment, lambda: rules[0], station_id="CP1", **options)

    return make


@pytest.fixture
def vault(make_vault, pki):
    """A vault with every root of the PKI."""
    vault = make_vault()
    for use, hierarchy in (
        (CertificateUse.CSMS_ROOT, "cso"),
        (CertificateUse.V2G_ROOT, "v2g"),
        (CertificateUse.MO_ROOT, "mo"),
        (CertificateUse.MANUFACTURER_ROOT, "manufacturer"),
    ):
        assert vault.install_root(use, pki.root_file(hierarchy).read_text()).accepted
    return vault
