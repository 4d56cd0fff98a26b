"""The vault's folder: its index, its private keys, and the PEM files that TLS reads."""

from __future__ import annotations

import copy
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography import x509

from emulator.certificates import files, index, reading
from emulator.certificates.index import Index
from emulator.certificates.keys import PrivateKey, key_pem
from emulator.domain.vault import VaultRules

_KEYS, _TLS, _COUNTERS = "keys", "tls", "counters"


class Store:
    """One station's certificates on disk: folders of mode 0700, files of mode 0600.

    Certificates live in the index, private keys in files of their own, encrypted when there is a passphrase. A change
    is made on a copy of the index, and counts from the moment in which that is written.
    """

    def __init__(
        self, folder: Path, now: Callable[[], datetime], rules: Callable[[], VaultRules], passphrase: str = ""
    ) -> None:
        """Open the folder, or make it; raises EnvironmentProblem."""
        self.folder = folder
        self.now = now
        self.rules = rules
        self._passphrase = passphrase
        # Keys of 4096 bits are made in a thread, while the loop goes on using the vault.
        self._changing = threading.RLock()
        for part in (folder, folder / _KEYS, folder / _TLS):
            files.make_private_folder(part)
        self.index = index.load(folder)
        self._sweep()

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r})"

    @property
    def passphrase(self) -> str:
        """The passphrase of the key files, for TLS; "" when they have none."""
        return self._passphrase

    @contextmanager
    def change(self) -> Iterator[Index]:
        """A copy of the index to change; written when the block ends, forgotten when it raises."""
        with self._changing:
            draft = copy.deepcopy(self.index)
            yield draft
            index.save(self.folder, draft)
            removed = self.index.key_files() - draft.key_files()
            self.index = draft
        for name in removed:
            files.remove(self.key_path(name))

    def key_path(self, name: str) -> Path:
        """The file of a private key."""
        return self.folder / _KEYS / name

    def add_key(self, key: PrivateKey) -> str:
        """Write a private key before an entry of the index names it; the name of its file."""
        name = f"{secrets.token_hex(8)}.pem"
        files.write_private(self.key_path(name), key_pem(key, self._passphrase or None))
        return name

    def key(self, name: str) -> PrivateKey:
        """A private key; raises EnvironmentProblem."""
        return reading.read_key(files.read(self.key_path(name)), self._passphrase or None)

    def tls_file(self, name: str, *certificates: x509.Certificate) -> Path:
        """A PEM file of these certificates for TLS, written only when its content changes."""
        from emulator.certificates.facts import pem

        path, content = self.folder / _TLS / name, pem(*certificates).encode()
        if not path.exists() or files.read(path) != content:
            files.write_private(path, content)
        return path

    def counter(self, name: str) -> tuple[int, Callable[[int], None]]:
        """A number that is kept in a file of its own, and the way to keep its next value."""
        path = self.folder / _COUNTERS / name
        files.make_private_folder(path.parent)
        text = files.read(path).decode("ascii", "replace").strip() if path.exists() else "0"
        return int(text) if text.isdecimal() else 0, lambda value: files.write_private(path, str(value).encode())

    def _sweep(self) -> None:
        """Remove what a crash left behind: drafts, and keys that no entry names."""
        files.sweep(self.folder, {"index.json"})
        files.sweep(self.folder / _KEYS, self.index.key_files())
        for part in (self.folder / _TLS, self.folder / _COUNTERS):
            files.sweep(part, {path.name for path in part.glob("*") if not files.is_draft(path)})
