"""Whether everything that specc stands on is there and works."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Finding", "examine"]

_REQUIRED = (
    "numba",
    "numpy",
    "scipy",
    "gymnasium",
    "typer",
    "rich",
    "python-flint",
)
_EXTRAS = (
    ("torch", "torch", "batched reward kernels"),
    ("storm", "stormpy", "PRISM models"),
    ("minigrid", "minigrid", "MiniGrid environments"),
    ("pettingzoo", "pettingzoo", "environments of several agents"),
    ("mo-gymnasium", "mo-gymnasium", "environments of several rewards"),
    ("ray", "ray", "sweeps on a cluster"),
    ("parquet", "pyarrow", "results of sweeps as Parquet files"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``state`` is ``missing`` only for what is optional."""

    name: str
    state: Literal["fine", "missing", "broken"]
    text: str


def examine() -> tuple[Finding, ...]:
    """Versions, optional extras, a translation by Spot, and where compiled kernels are kept."""
    findings = [
        Finding("specc", "fine", _version("specc-rl") or "not installed as a distribution"),
        Finding("python", "fine", f"{platform.python_version()} on {platform.platform()}"),
    ]
    for name in _REQUIRED:
        version = _version(name)
        findings.append(
            Finding(name, "fine", version)
            if version
            else Finding(name, "broken", f"not installed: pip install {name}")
        )
    findings.extend((_lemmas(), _spot(), _numba_cache()))
    for extra, package, purpose in _EXTRAS:
        version = _version(package)
        findings.append(
            Finding(extra, "fine", f"{version} ({purpose})")
            if version
            else Finding(extra, "missing", f"{purpose}: pip install 'specc-rl[{extra}]'")
        )
    return tuple(findings)


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _lemmas() -> Finding:
    from specc.preorder import load_preorder

    try:
        preorder = load_preorder()
    except Exception as error:
        return Finding("lemmas", "broken", f"{type(error).__name__}: {error}")
    count = len(preorder.lemmas)
    return Finding("lemmas", "fine", f"{count} for {len(preorder.formalisms)} formalisms")


def _spot() -> Finding:
    """A tiny translation: the bindings are there, and they are the right ones."""
    from specc.automata.formula import Atom, Connective
    from specc.automata.translate import translate
    from specc.diagnostics import MissingExtra, SpecError

    formula = Connective("G", (Connective("F", (Atom("a"),)),))
    try:
        found = translate(formula, "buchi")
    except (MissingExtra, SpecError, ImportError) as error:
        return Finding("spot", "broken", str(error))
    version = _version("spottl") or "from elsewhere"
    return Finding("spot", "fine", f"{version}, translates (G F a: {found.state_count} state)")


def _numba_cache() -> Finding:
    """Numba keeps compiled kernels beside the code, or in the user's cache folder."""
    places = [
        Path(os.environ["NUMBA_CACHE_DIR"])
        if os.environ.get("NUMBA_CACHE_DIR")
        else Path(__file__).parent / "__pycache__"
    ]
    places.append(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "numba")
    for place in places:
        if _writable(place):
            return Finding("numba cache", "fine", str(place))
    return Finding(
        "numba cache",
        "broken",
        "no folder can be written, so kernels are compiled anew each time: set NUMBA_CACHE_DIR",
    )


def _writable(place: Path) -> bool:
    existing = place
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    try:
        with tempfile.TemporaryFile(dir=existing):
            return True
    except OSError:
        return False
