"""Real handshakes with what the vault and the PKI write: the standard library's TLS, in memory."""

from __future__ import annotations

import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from emulator.certificates.pki import create_pki
from emulator.certificates.vault import open_vault
from emulator.domain.vault import CertificateSubject, CertificateUse, VaultRules

STATION = CertificateUse.STATION


@pytest.fixture(scope="module")
def today():
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def live_pki(tmp_path_factory, today):
    """A PKI for now: OpenSSL looks at the computer's clock."""
    return create_pki(tmp_path_factory.mktemp("live") / "pki", today, "localhost")


@pytest.fixture
def station(tmp_path, live_pki, today):
    """A vault that trusts the CSO and has renewed its certificate."""
    vault = open_vault(tmp_path / "vault", lambda: today, VaultRules, "CP1")
    assert vault.install_root(CertificateUse.CSMS_ROOT, live_pki.root_file("cso").read_text()).accepted
    request = vault.create_request([STATION], CertificateSubject("SN-1", live_pki.organization))
    assert vault.accept_signed(live_pki.sign_csr(request.csr, today)).accepted
    return vault


def connect(station, live_pki, server):
    """One handshake with mutual authentication and strict checks; what the server saw of the client."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    folder = live_pki.folder / "cso" / "servers"
    server_context.load_cert_chain(folder / f"{server}.pem", folder / f"{server}.key")
    server_context.load_verify_locations(live_pki.root_file("cso"))
    server_context.verify_mode = ssl.CERT_REQUIRED
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.load_verify_locations(station.trust(CertificateUse.CSMS_ROOT).ca_file)
    own = station.own_certificate(STATION)
    client_context.load_cert_chain(own.certificate_file, own.key_file)
    for context in (client_context, server_context):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname="localhost")
    listener = server_context.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, listener, client, listener, client, listener]
    for side in waiting:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return dict(part[0] for part in listener.getpeercert()["subject"])


def test_mutual_authentication_with_strict_checks(station, live_pki):
    assert connect(station, live_pki, "csms") == {
        "organizationName": "Forecourt test PKI",
        "commonName": "SN-1",
    }


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ("expired", "certificate has expired"),
        ("not-yet-valid", "certificate is not yet valid"),
        ("wrong-host", "Hostname mismatch"),
    ],
)
def test_the_failing_servers_fail(station, live_pki, server, reason):
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        connect(station, live_pki, server)


def test_openssl_verify_agrees_with_the_store(station, live_pki):
    own, trust = station.own_certificate(STATION), station.trust(CertificateUse.CSMS_ROOT)
    command = [
        "openssl",
        "verify",
        "-x509_strict",
        "-CAfile",
        str(trust.ca_file),
        "-untrusted",
        str(own.certificate_file),
    ]
    result = subprocess.run([*command, str(own.certificate_file)], capture_output=True, text=True, check=True)
    assert result.stdout.endswith(": OK\n")
    alone = subprocess.run([*command[:-2], str(own.certificate_file)], capture_output=True, text=True, check=False)
    assert alone.returncode != 0


def test_an_expired_station_certificate_is_seen_before_it_is_used(station, tmp_path, today):
    later = open_vault(tmp_path / "vault", lambda: today + timedelta(days=800), VaultRules, "CP1")
    chain = later.own_certificate(STATION).certificate_file.read_text()
    verdict = later.verify(chain, [CertificateUse.CSMS_ROOT])
    assert verdict.sentence.startswith('The certificate "SN-1" expired 70 days ago')


def test_the_port_needs_no_library():
    code = "import sys, emulator.domain.vault; sys.exit('cryptography' in sys.modules or 'dataclasses' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
