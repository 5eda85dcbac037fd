"""The pages of docs/ and README, and the blocks of code in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CLAIM = re.compile(r"^spec (\w+).*?#\s*([A-Z]+)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, the line of its first line, its language, its text."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def claims(self) -> dict[str, str]:
        """The formalism that a comment behind a spec names, by spec."""
        return dict(_CLAIM.findall(self.text))


def blocks(language: str) -> list[Block]:
    """All blocks of a language in README and docs/."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    found = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            found.append(Block(page, line, match[1], match[2]))
    return [block for block in found if block.language == language]
