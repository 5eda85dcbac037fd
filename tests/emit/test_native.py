"""Loops that later processes load without Numba."""

from __future__ import annotations

import importlib
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from specc.emit import native as module
from specc.emit import native_machine, native_store
from specc.emit.native import LOADED, Native, native, signature


def _raised(x: float) -> float:
    return math.pow(x, 1.5)


@native("f8[:], f8, out f8[:]")
def _sum_of_powers(given, factor, into):  # type: ignore[no-untyped-def]
    for i in range(len(given)):
        into[i] = factor * _raised(given[i])
    return len(given)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store of loops."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path / "specc"


def answer() -> tuple[str, list[float]]:
    """How a fresh loop was loaded, and what it wrote."""
    loop = Native(_sum_of_powers.function, "f8[:], f8, out f8[:]")
    into = np.empty(3)
    assert loop(np.array([0.0, 2.0, 3.5]), 1.5, into) == 3
    return LOADED["_sum_of_powers"], into.tolist()


EXPECTED = [1.5 * math.pow(x, 1.5) for x in (0.0, 2.0, 3.5)]


def test_loads_what_an_earlier_process_stored(folder: Path) -> None:
    assert answer() == ("compiled", EXPECTED)
    assert answer() == ("stored", EXPECTED)


@pytest.mark.parametrize(
    "harm", ["cut", "flip", "other", "empty", "no json", "deep", "open file", "open"]
)
def test_files_that_are_not_sound_are_made_anew(folder: Path, harm: str) -> None:
    assert answer()[0] == "compiled"
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    match harm:
        case "cut":
            path.write_bytes(whole[:-20])
        case "flip":
            path.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
        case "other":
            path.write_bytes(whole.replace(b'"made_of": "', b'"made_of": "0'))
        case "empty":
            path.write_bytes(b"")
        case "no json":
            path.write_bytes(b"[]\n" + whole)
        case "deep":
            path.write_bytes(b"[" * 100_000)
        case "open file":
            path.chmod(0o666)
        case _:
            folder.chmod(0o777)
    assert answer() == ("compiled", EXPECTED)
    if harm != "open":
        assert answer()[0] == "stored"


def test_another_text_is_another_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer()[0] == "compiled"
    monkeypatch.setattr(native_store, "processor", lambda: ("another", "machine", ""))
    assert native_store._read(_sum_of_powers, native_store._made_of(_sum_of_powers)) is None


def test_without_a_folder_loops_still_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    assert answer() == ("compiled", EXPECTED)
    assert answer() == ("compiled", EXPECTED)


def test_users_may_have_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert len(list(native_store.folders())) == 1


def test_numba_runs_what_cannot_be_loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "array_layout_fits", lambda: False)
        assert answer() == ("numba", EXPECTED)
    monkeypatch.setattr(native_store.llvm, "address_of_symbol", lambda name: None)
    assert answer() == ("numba", EXPECTED)


def test_a_process_that_compiles_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = importlib.import_module("numba.core.config")
    monkeypatch.setattr(config, "DISABLE_JIT", 1)
    assert answer() == ("compiled", EXPECTED)
    assert config.DISABLE_JIT == 1


def test_threads_may_call_first_together(folder: Path) -> None:
    loop = Native(_sum_of_powers.function, "f8[:], f8, out f8[:]")
    given = np.linspace(0, 4, 5000)

    def work(factor: float) -> bool:
        into = np.empty(len(given))
        for _ in range(20):
            loop(given, factor, into)
        return np.array_equal(into, factor * np.array([math.pow(x, 1.5) for x in given]))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, [1.0, 2.0, 3.0, 4.0]))
    assert len(list(folder.iterdir())) == 1


def test_parts_of_a_loop_are_found() -> None:
    assert native_machine.parts(_sum_of_powers.function)[1:] == [_raised]


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ([1.0], r"argument 1 of `_sum_of_powers`: \[1.0\]; expected: C array of float64"),
        (np.zeros(2, dtype=np.float32), "a ndarray of float32"),
        (np.zeros(2, dtype=">f8"), "a ndarray of >f8"),
        (np.zeros((2, 1)), r"shape \(2, 1\)"),
        (np.zeros(4)[::2], "not a writable C array"),
        (np.ma.zeros(2), "a MaskedArray of float64"),
    ],
)
def test_refuses_other_arrays(given: object, seen: str) -> None:
    with pytest.raises(TypeError, match=seen):
        _sum_of_powers(given, 1.0, np.zeros(2))


def test_refuses_to_write_where_it_must_not() -> None:
    fixed = np.zeros(2)
    fixed.flags.writeable = False
    assert _sum_of_powers(fixed, 1.0, np.zeros(2)) == 2
    with pytest.raises(TypeError, match=r"argument 3.*expected: writable C array"):
        _sum_of_powers(np.zeros(2), 1.0, fixed)


def test_refuses_other_numbers_and_counts() -> None:
    room = np.zeros(2)
    with pytest.raises(TypeError, match="must be real number"):
        _sum_of_powers(room, "1", room)
    with pytest.raises(TypeError, match="takes 3 arguments"):
        _sum_of_powers(room, 1.0)
    assert _sum_of_powers(room, -1, room) == 2
    assert _sum_of_powers(room, np.float64(2), room) == 2


@pytest.mark.parametrize("text", ["", "f8[", "i4", "f8[:,]", "out", "f8[:];i8", "q8[:]"])
def test_refuses_signatures(text: str) -> None:
    with pytest.raises(ValueError, match="no argument of a loop"):
        signature(text)


def test_numba_is_not_imported_by_the_second_process(tmp_path: Path) -> None:
    (tmp_path / "loops.py").write_text(
        "import sys, numpy as np\n"
        "from specc.emit.native import LOADED, native\n"
        "@native('i8[:], i8')\n"
        "def most(given, found):\n"
        "    for i in range(len(given)):\n"
        "        found = max(found, given[i])\n"
        "    return found\n"
        "print(most(np.arange(5), 2), LOADED['most'], 'numba' in sys.modules)\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    for expected in ("4 compiled True\n", "4 stored False\n"):
        found = subprocess.run(
            [sys.executable, str(tmp_path / "loops.py")],
            env=environment, text=True, capture_output=True, check=True,
        )  # fmt: skip
        assert found.stdout == expected
