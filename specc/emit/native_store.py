"""Object code of loops in files: written by the first process, loaded by later ones.

The folder is the one that Numba would take: ``NUMBA_CACHE_DIR`` if that is set, else
``__pycache__`` beside this file, else the user's cache folder. A file holds a line of JSON (what
the code was made from and for, the C functions that it calls, the digest of what follows), then
the object code. One that is damaged, another user's, or open to everyone's writing is not loaded;
the code is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from specc.emit.native_form import Loop
from specc.emit.native_machine import machine, parts, processor

__all__ = ["folders", "load"]

_FORMAT = 1
_OURS = ("", "_build", "_form", "_machine")
_ENGINES: list[Any] = []
"""They own the machine code of this process."""


def load(loop: Loop) -> tuple[int, str] | None:
    """The address of the loop's machine code, and whether that was "stored" or "compiled"; None
    where this machine cannot load it."""
    made_of = _made_of(loop)
    stored = _read(loop, made_of) if made_of else None
    if stored is not None and (address := _address(loop, *stored)) is not None:
        return address, "stored"
    from specc.emit.native_build import object_code

    calls, code = object_code(loop)
    address = _address(loop, calls, code)
    if address is None:
        return None
    if made_of:
        _write(loop, made_of, calls, code)
    return address, "compiled"


def _address(loop: Loop, calls: list[str], code: bytes) -> int | None:
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())
    # The loader ends the process where it misses a function.
    if any(llvm.address_of_symbol(name) is None for name in calls):
        return None
    try:
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
    except RuntimeError:
        return None
    _ENGINES.append(engine)
    address: int = engine.get_function_address(loop.name)
    return address or None


@cache
def _bytes(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@cache
def _compilers() -> list[str]:
    """The compilers and the form of arrays, without importing Numba."""
    spec = find_spec("numba")
    place = Path(spec.origin).parent / "_version.py" if spec and spec.origin else None
    numba = _bytes(str(place)) if place is not None and place.exists() else ""
    ours = [_bytes(str(Path(__file__).with_name(f"native{part}.py"))) for part in _OURS]
    return [numba, llvmlite.__version__, np.__version__, sys.version, *ours]


def _made_of(loop: Loop) -> str:
    """The digest of all that the code depends on: its text, the compilers, the processor; empty
    where a part of its text is in no file."""
    sources = sorted({part.__code__.co_filename for part in parts(loop.function)})
    if not all(Path(source).is_file() for source in sources):
        return ""
    whole = [
        _FORMAT, loop.name, [str(a) for a in loop.arguments], [_bytes(p) for p in sources],
        _compilers(), processor(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()


def folders() -> Iterator[Path]:
    """Where code may lie, the best place first.

    >>> len(list(folders())) in (1, 2)
    True
    """
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(chosen) / "specc"
        return
    yield Path(__file__).parent / "__pycache__"
    try:
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "specc"
    except RuntimeError:  # A user without a home, as containers have.
        return


def _file(loop: Loop, made_of: str) -> str:
    return f"{loop.name}-{made_of[:32]}.native"


def _read(loop: Loop, made_of: str) -> tuple[list[str], bytes] | None:
    """The stored C functions and code, from the first sound file."""
    for folder in folders():
        try:
            with (folder / _file(loop, made_of)).open("rb") as file:
                if not (_ours(folder.stat()) and _ours(os.fstat(file.fileno()))):
                    continue
                head, code = json.loads(file.readline()), file.read()
        except (OSError, ValueError, RecursionError):
            continue
        digest = hashlib.sha256(code).hexdigest()
        if (
            isinstance(head, dict)
            and (head.get("made_of"), head.get("digest")) == (made_of, digest)
            and isinstance(head.get("calls"), list)
        ):
            return [str(name) for name in head["calls"]], code
    return None


def _ours(found: os.stat_result) -> bool:
    """Whether only this user (or the system's administrator) can have written it."""
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid in (os.geteuid(), 0) and not found.st_mode & stat.S_IWOTH


def _write(loop: Loop, made_of: str, calls: list[str], code: bytes) -> None:
    """Store the code where that is allowed; a reader sees all of a file or none of it."""
    import tempfile

    head = {"made_of": made_of, "calls": calls, "digest": hashlib.sha256(code).hexdigest()}
    for folder in folders():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder)
        except OSError:
            continue
        made = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(json.dumps(head).encode() + b"\n" + code)
            # Not the mode of a file that was there: that may be why it was not read.
            made.chmod(0o644)
            made.replace(folder / _file(loop, made_of))
        except OSError:
            made.unlink(missing_ok=True)
            continue
        return
