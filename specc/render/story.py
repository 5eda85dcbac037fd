"""A story as lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from specc.render.policies import differing_rows
from specc.verdict.story import Story

__all__ = ["story_lines"]

_WIDTH = 86
_MOST_ACTORS = 6


Align = Callable[[Sequence[Sequence[str]]], list[str]]


def story_lines(told: Story, align: Align) -> list[str]:
    """The law, the policies as a table whose columns ``align`` sets, and how the law is broken."""
    lines = _wrapped(f"Every spec in {_either(told.formalisms)}: {told.law}")
    actors = told.actors[:_MOST_ACTORS]
    rows = [["", *(actor.name for actor in actors)]]
    rows += differing_rows([actor.choices for actor in actors])
    rows.append(["value here", *(actor.value for actor in actors)])
    lines += [f"  {line}" for line in align(rows)]
    if len(told.actors) > len(actors):
        lines.append(f"  and {len(told.actors) - len(actors)} more policies in the certificate")
    return lines + _wrapped(told.breach)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _either(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
