"""What the doctor asks for is what an installation brings."""

from __future__ import annotations

import importlib.metadata
import re

from specc import doctor


def test_required_are_dependencies() -> None:
    written = importlib.metadata.requires("specc-rl") or []
    plain = [line for line in written if "extra ==" not in line]
    brought = {re.split(r"[^\w-]", line)[0] for line in plain}
    # Rich comes with Typer.
    assert set(doctor._REQUIRED) - {"rich"} <= brought
