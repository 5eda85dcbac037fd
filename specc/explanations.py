"""The page of diagnostics in docs/, made from the catalogue of codes.

``python -m specc.explanations docs/diagnostics.md`` writes it.
"""

from __future__ import annotations

import sys

from specc.codes import Code, catalogue

__all__ = ["diagnostics_page"]

_HEAD = """\
# Diagnostics

<!-- Generated from specc/codes/ by `make docs`. -->

Every message has a code: E is an error, W a warning, N a note. `specc explain CODE` prints the
entry of this page. Each pair of files below is run by a test: the wrong one gives the code, the
right one does not.
"""


def diagnostics_page() -> str:
    """The whole page as Markdown."""
    return _HEAD + "".join(_section(page) for page in catalogue().values())


def _section(page: Code) -> str:
    parts = [f"\n## {page.code}: {page.title}\n\n{page.explanation.strip()}\n"]
    for title, example in (("Wrong:", page.wrong), ("Right:", page.right)):
        if example:
            parts.append(f"\n{title}\n\n```text\n{example.rstrip()}\n```\n")
    return "".join(parts)


if __name__ == "__main__":
    from specc.files import write_whole

    write_whole(sys.argv[1], diagnostics_page())
