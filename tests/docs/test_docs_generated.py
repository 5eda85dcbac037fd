"""Generated pages are what their commands write now."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from pages import ROOT, blocks

from specc.explanations import diagnostics_page


def test_hasse_diagram_is_current(tmp_path: Path) -> None:
    out = tmp_path / "hasse.svg"
    command = [sys.executable, "-m", "specc", "render", "hasse", "-o", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert out.read_bytes() == (ROOT / "docs" / "hasse.svg").read_bytes()


def test_diagnostics_page_is_current() -> None:
    current = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    assert current == diagnostics_page(), "run `make docs`"


def test_links_of_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([\w./-]+\.\w+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_console_blocks_show_the_real_output(tmp_path: Path) -> None:
    """Each `$ specc ...` in the pages prints exactly what stands under it.

    The `.spec` blocks of README are there, under the name in their first comment.
    """
    for block in blocks("spec"):
        first = block.text.split("\n", 1)[0]
        if first.startswith("# ") and first.endswith(".spec"):
            (tmp_path / first[2:]).write_text(block.text, encoding="utf-8")
    consoles = blocks("console")
    assert consoles
    for block in consoles:
        for part in block.text.split("$ ")[1:]:
            command, _, shown = part.partition("\n")
            if not command.startswith("specc "):
                continue
            result = subprocess.run(
                f"{sys.executable} -m {command}",
                shell=True,
                cwd=tmp_path,
                capture_output=True,
                text=True,
            )
            printed = result.stdout.strip()
            message = f"{block}: {command}\n{result.stderr}"
            assert _timeless(printed) == _timeless(shown.strip()), message


def _timeless(text: str) -> str:
    """The text without times, and without the widths of columns that depend on them."""
    return re.sub(r" +", " ", re.sub(r"\d+\.\d+ s\b", "0 s", text))
