"""Data folders: one for every identity, never outside the place for them."""

import pytest

from emulator.storage.folders import data_folder, safe_name

IDENTITIES = [
    "", ".", "..", "../x", "..\\x", "/etc", "C:\\x", "CON", "con", "CP1", "cp1", "CP 1", "CP:1", "CP/1", "NUL\0",
    "a\nb", "Zoë", "ＣＰ1", "充電", "\udcff", "x" * 5000, "x" * 5001, "x.", "x ", "~", "-rf", "a%2Fb",
]  # fmt: skip


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_safe_name_is_one_plain_short_file_name(identity, tmp_path):
    name = safe_name(identity)
    assert name == safe_name(identity)
    assert len(name) <= 64
    assert set(name.lower()) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    assert "-" in name
    (tmp_path / name).mkdir()


def test_names_differ_also_where_case_does_not_count():
    assert len({safe_name(identity).lower() for identity in IDENTITIES}) == len(IDENTITIES)


def test_a_name_still_tells_whose_it_is():
    assert safe_name("CP-0001").startswith("CP-0001-")


def test_the_folder_is_the_users_own_unless_another_is_given(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / name)
    assert data_folder("../CP1") == tmp_path / "Forecourt" / "stations" / safe_name("../CP1")
    assert data_folder("CP1", tmp_path / "here") == tmp_path / "here"
    assert list(tmp_path.iterdir()) == []
