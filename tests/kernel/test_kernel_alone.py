"""The command, and the folder alone under an interpreter with nothing but the standard library."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_documents import data
from kernel_traps import TRAPS
from witnesses import WITNESSES

KERNEL = Path(__file__).resolve().parents[2] / "specc" / "kernel"
ALLOWED = {
    "__future__", "collections", "dataclasses", "fractions", "functools", "hashlib", "importlib",
    "itertools", "json", "math", "pathlib", "re", "sys", "typing",
}  # fmt: skip


def test_imports_only_the_standard_library_and_itself() -> None:
    for path in KERNEL.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [] if node.level == 1 else [node.module or ""]
                assert node.level <= 1
            else:
                continue
            assert {name.partition(".")[0] for name in names} <= ALLOWED, path.name


def test_no_floats_and_no_evaluation() -> None:
    for path in KERNEL.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))
            if isinstance(node, ast.Name):
                assert node.id not in ("float", "eval", "exec", "compile", "open", "__import__")


def test_files_are_small() -> None:
    sizes = {path.name: len(path.read_text().splitlines()) for path in KERNEL.glob("*.py")}
    assert max(sizes.values()) <= 260, sizes


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone") / "proof_checker"
    shutil.copytree(KERNEL, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(folder), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder.parent,
    )


def written(folder: Path, claim: bytes, proof: bytes) -> tuple[Path, Path]:
    paths = folder / "statement.json", folder / "certificate.json"
    paths[0].write_bytes(claim)
    paths[1].write_bytes(proof)
    return paths


@pytest.mark.parametrize("number", [0, 2, 9, 11, 13, 15, 16, 17])
def test_alone_accepts(alone: Path, tmp_path: Path, number: int) -> None:
    witness = WITNESSES[number]
    done = run(alone, *written(tmp_path, data(witness.statement), data(witness.proof)))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"accepted: not in {witness.upper}, by {witness.proof['kind']}")
    assert done.stdout.count("\n") == 1


def test_alone_rejects(alone: Path, tmp_path: Path) -> None:
    done = run(alone, *written(tmp_path, data(TRAPS[0].statement), data(TRAPS[0].proof)))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Rejected: positive: ")
    for claim, start in ((b"\xff", "Malformed: "), (b"[" * 100, "LimitExceeded: ")):
        done = run(alone, *written(tmp_path, claim, b"{}"))
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(start)
        assert done.stderr.count("\n") == 1


def test_a_name_with_a_surrogate_is_printed(alone: Path, tmp_path: Path) -> None:
    claim = b'{"\\ud800\\n": 1, "format": 1, "environment": 1, "spec": 1, "formalism": 1}'
    done = run(alone, *written(tmp_path, claim, b"{}"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Malformed: ")


def test_wrong_use(alone: Path, tmp_path: Path) -> None:
    for arguments in ([], ["x"], ["x", "y", "z"], [str(tmp_path / "none"), str(tmp_path / "none")]):
        done = run(alone, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("usage: ")


def test_as_a_module(tmp_path: Path) -> None:
    paths = written(tmp_path, data(WITNESSES[0].statement), data(WITNESSES[0].proof))
    done = subprocess.run(
        [sys.executable, "-m", "specc.kernel", *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
