"""A wheel, an sdist and an editable install carry grammars, formalisms, lemmas and their proofs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = {
    "grammars": sorted(path.name for path in (ROOT / "grammars").glob("*.[jl]*")),
    "formalisms": sorted(path.name for path in (ROOT / "formalisms").glob("*.py")),
    "proofs": sorted(path.name for path in (ROOT / "proofs").glob("*.json")),
    "proof_pages": sorted(path.name for path in (ROOT / "docs" / "proofs").glob("*.md")),
}
PLACES = {"proof_pages": "docs/proofs"}
TRIAL = """
import specc
from specc.registry import symbols
from specc.resolve.file import load_text
assert len(symbols()) == 17
assert sum(map(len, specc.preorder().covers)) == 26
from specc.lemma import packaged_lemmas
from specc.prove import prove_all
lemmas, diagnostics = prove_all(packaged_lemmas())
assert not diagnostics, diagnostics
core = [lemma for lemma in lemmas if {lemma.upper, lemma.lower} <= set(symbols())]
trusts = [lemma.trust for lemma in core]
assert (trusts.count("kernel"), trusts.count("written proof")) == (18, 22), trusts
file = load_text("spec x = P[G F a]")
assert not file.diagnostics and list(file.specs) == ["x"]
print(specc.__file__)
"""
BUILD = """
import os, sys
from setuptools import build_meta
_, tree, out = sys.argv
os.chdir(tree)
for kind in ("sdist", "wheel", "editable"):
    folder = os.path.join(out, kind)
    os.mkdir(folder)
    getattr(build_meta, f"build_{kind}")(folder)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with sdist/, wheel/ and editable/, built from a copy of the tree, offline."""
    folder = tmp_path_factory.mktemp("packages")
    tree = folder / "tree"
    tree.mkdir()
    for name in ("specc", "grammars", "formalisms", "proofs", "docs/proofs"):
        shutil.copytree(
            ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.nb?")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    subprocess.run(
        [sys.executable, "-c", BUILD, str(tree), str(folder)], check=True, stdout=subprocess.DEVNULL
    )
    yield folder
    shutil.rmtree(folder)


def test_there_is_something_to_carry() -> None:
    assert len(DATA["grammars"]) >= 5
    assert len(DATA["formalisms"]) > 20
    assert len(DATA["proofs"]) == 172
    assert DATA["proof_pages"]


def test_wheel(built: Path, tmp_path: Path) -> None:
    (wheel,) = (built / "wheel").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, files in DATA.items():
        assert {f"specc/{folder}/{name}" for name in files} <= names
    for path in (ROOT / "specc").rglob("*.py"):
        assert path.relative_to(ROOT).as_posix() in names
    assert "specc/py.typed" in names
    assert not any(name.startswith(("tests/", "docs/")) for name in names)
    target = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(target)
    assert runs_from(target, tmp_path).is_relative_to(target)


def test_wheel_runs_zipped(built: Path, tmp_path: Path) -> None:
    (wheel,) = (built / "wheel").glob("*.whl")
    assert runs_from(wheel, tmp_path).is_relative_to(wheel)


def test_sdist(built: Path) -> None:
    (archive,) = (built / "sdist").glob("*.tar.gz")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    for folder, wanted in DATA.items():
        place = PLACES.get(folder, folder)
        assert {f"{place}/{name}" for name in wanted} <= names
    assert {"pyproject.toml", "README.md", "LICENSE", "specc/py.typed"} <= names


def test_editable(built: Path, tmp_path: Path) -> None:
    (wheel,) = (built / "editable").glob("*.whl")
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        f"import site, sys; sys.path.insert(0, {str(site)!r}); site.addsitedir({str(site)!r})\n"
        f"{TRIAL}"
    )
    found = trial(code, tmp_path, {})
    assert found.is_relative_to(built / "tree")


def runs_from(place: Path, folder: Path) -> Path:
    """Run the trial with ``place`` first on the path."""
    return trial(f"import sys; sys.path.insert(0, {str(place)!r})\n{TRIAL}", folder, {})


def trial(code: str, folder: Path, environment: dict[str, str]) -> Path:
    """Run code far from the repository; where its specc was imported from."""
    # An editable install of this very tree may be found through a hook: it must not win.
    unhook = (
        "import sys\n"
        "sys.meta_path = [f for f in sys.meta_path if 'editable' not in repr(f)]\n"
        "for name in [n for n in sys.modules if n.startswith('__editable__')]:\n"
        "    del sys.modules[name]\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", unhook + code],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())
