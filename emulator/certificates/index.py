"""The vault's index: which files count, written in one step, so that a change of several files is all or nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from emulator.certificates import files
from emulator.domain.errors import EnvironmentProblem

_NAME = "index.json"
_VERSION = 1


@dataclass(slots=True)
class RootEntry:
    """A trusted root: `certificate` is PEM; `issuer_key` the issuer's key bits (hex) where they are known."""

    use: str
    fingerprint: str
    certificate: str
    issuer_key: str | None = None
    fallback: bool = False


@dataclass(slots=True)
class OwnEntry:
    """A generation of the station's own certificate, or a request for one.

    `state` is requested, waiting (for its notBefore), active or spare; `key` names the key file; `chain` is PEM, leaf
    first ("" while requested); `used` counts up with each activation, so that the newest activation has the highest.
    """

    id: str
    uses: list[str]
    evse: int | None
    state: str
    key: str
    public_key: str
    created_at: str
    csr: str = ""
    common_name: str = ""
    organization: str = ""
    chain: str = ""
    issuer_key: str | None = None
    used: int = 0
    generation: int = 0


@dataclass(slots=True)
class Index:
    """Everything that the vault knows, the private keys apart: those have files of their own."""

    roots: list[RootEntry] = field(default_factory=list)
    own: list[OwnEntry] = field(default_factory=list)
    meter_keys: dict[str, str] = field(default_factory=dict)
    ocsp: dict[str, str] = field(default_factory=dict)

    def key_files(self) -> set[str]:
        """The names of the key files that count."""
        return {entry.key for entry in self.own} | set(self.meter_keys.values())


def load(folder: Path) -> Index:
    """The index of a vault's folder, or an empty one; raises EnvironmentProblem when it is damaged or newer."""
    path = folder / _NAME
    if not path.exists():
        return Index()
    try:
        content = json.loads(files.read(path))
        version = content["version"]
        if version == _VERSION:
            return _from_json(content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise EnvironmentProblem(
            f"The list of certificates {path} is damaged.", "Put a copy in its place, or start with --fresh."
        ) from error
    raise EnvironmentProblem(f"The certificates in {folder} were written by a newer version.", "Use that version.")


def _from_json(content: dict[str, Any]) -> Index:
    return Index(
        roots=[RootEntry(**entry) for entry in content["roots"]],
        own=[OwnEntry(**entry) for entry in content["own"]],
        meter_keys=dict(content["meter_keys"]),
        ocsp=dict(content["ocsp"]),
    )


def save(folder: Path, index: Index) -> None:
    """Write the index; from here on the change counts; raises EnvironmentProblem."""
    content = {"version": _VERSION, **asdict(index)}
    files.write_private(folder / _NAME, json.dumps(content, indent=1).encode())
