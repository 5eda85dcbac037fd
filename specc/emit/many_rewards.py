"""Environments that pay several rewards at once, as those of mo-gymnasium do."""

from __future__ import annotations

from typing import Any

from specc.diagnostics import SpecError
from specc.model.nearest import some_of
from specc.objective import stack

__all__ = ["reward_names", "reward_place"]


def reward_names(env: Any) -> dict[str, int] | None:
    """The places of an environment's rewards by name: their numbers, and, where the environment
    has ``reward_names``, these; None where it pays one reward."""
    space = getattr(getattr(env, "unwrapped", env), "reward_space", None)
    shape = getattr(space, "shape", None)
    if shape is None or len(shape) != 1:
        return None
    own = getattr(env, "reward_names", {})
    return {**{str(i): i for i in range(shape[0])}, **own}


def reward_place(names: dict[str, int], number: stack.Native) -> int:
    """The place of a native reward.

    :raises SpecError: E805 there is none of that name.
    """
    if number.name in names:
        return names[number.name]
    what = (
        f'nothing defines `native("{number.name}")`' if number.name else "`native` is one of them"
    )
    raise SpecError.of(
        "E805",
        f"the environment pays {len(set(names.values()))} rewards; {what}",
        span=number.span,
        label=f"there is: {some_of(names)}",
        help='write `native("0")` for the first; `wrap_mo(.., rewards={"name": 0})` names it',
    )
