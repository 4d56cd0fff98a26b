"""The locks, the import rule that import-linter cannot state, and what packaging/run says before it does anything."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def requirements(kind: str) -> set[str]:
    """What a lock asks for, without hashes and conditions: "attrs==26.1.0"."""
    lines = (ROOT / "packaging" / f"{kind}.lock").read_text().splitlines()
    return {line.split()[0] for line in lines if re.match(r"\w", line)}


def test_the_test_lock_holds_all_of_the_run_lock() -> None:
    assert requirements("run") < requirements("test")


@pytest.mark.parametrize("kind", ["run", "test"])
def test_a_lock_names_exact_versions_with_hashes_and_no_place(kind: str) -> None:
    text = (ROOT / "packaging" / f"{kind}.lock").read_text()
    entries = re.findall(r"^(\w.*(?:\n {4}--hash=sha256:[0-9a-f]{64}(?: \\)?)+)$", text, re.MULTILINE)
    assert {entry.split()[0] for entry in entries} == requirements(kind)
    assert all("==" in requirement for requirement in requirements(kind))
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links|/", text.split("\n", 1)[1])


def imported_roots(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    return {name.split(".")[0] for name in names if not name.startswith("emulator.domain")}


def test_domain_imports_the_standard_library_only() -> None:
    for path in (ROOT / "emulator" / "domain").rglob("*.py"):
        assert imported_roots(path) <= sys.stdlib_module_names, path


def packaging_run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """packaging/run as called where there is no screen."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    }
    command = [ROOT / "packaging" / "run", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
@pytest.mark.parametrize("arguments", [(), ("--theme", "dark")])
def test_packaging_run_without_a_screen_says_how_to_go_on(arguments: tuple[str, ...]) -> None:
    result = packaging_run(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "no display" in result.stderr
    assert "--screenshot" in result.stderr
    assert "packaging/run run --url" in result.stderr
    assert len(result.stderr.splitlines()) == 1
