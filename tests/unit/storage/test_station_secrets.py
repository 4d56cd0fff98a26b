"""Passwords: kept whole, replaced whole, readable by their owner alone."""

import errno
import os
import stat

import pytest

from emulator.domain.errors import EnvironmentProblem
from emulator.storage.secrets import Secrets


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_password_is_kept_until_it_is_deleted(tmp_path):
    secrets = Secrets(tmp_path)
    assert secrets.get("CP1") is None
    secrets.delete("CP1")
    assert list(tmp_path.iterdir()) == []
    secrets.set("CP1", "first")
    secrets.set("CP1", " sécond\n\udcff")
    secrets.set("../CP2", "other")
    assert Secrets(tmp_path).get("CP1") == " sécond\n\udcff"
    assert Secrets(tmp_path).get("../CP2") == "other"
    secrets.delete("CP1")
    assert secrets.get("CP1") is None
    assert secrets.get("../CP2") == "other"


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_only_the_owner_may_read_it(tmp_path):
    before = os.umask(0)
    try:
        Secrets(tmp_path / "data").set("CP1", "secret")
    finally:
        os.umask(before)
    (path,) = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_write_that_fails_leaves_the_old_password(tmp_path, monkeypatch):
    secrets = Secrets(tmp_path)
    secrets.set("CP1", "old")

    def full(_):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentProblem, match="is full"):
        secrets.set("CP1", "new")
    assert secrets.get("CP1") == "old"
    assert len(files(tmp_path)) == 1


def test_a_folder_that_is_a_file_is_said_so(tmp_path):
    (tmp_path / "secrets").write_text("")
    secrets = Secrets(tmp_path)
    for attempt in (lambda: secrets.set("CP1", "x"), lambda: secrets.get("CP1"), lambda: secrets.delete("CP1")):
        with pytest.raises(EnvironmentProblem, match="is a file"):
            attempt()
