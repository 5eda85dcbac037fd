"""Propositions of MiniGrid environments, by their names.

MiniGrid (Chevalier-Boisvert et al., https://minigrid.farama.org) is not imported: an environment
that has a grid, an agent in it and what the agent carries is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import gymnasium

__all__ = ["MINIGRID_NAMES", "MiniGridLabel", "is_minigrid", "minigrid_label"]

_COLORS = "red|green|blue|purple|yellow|grey"
_KINDS = "wall|floor|door|key|ball|box|goal|lava"
_THING = re.compile(
    rf"(on|facing|carrying)(?:_(open|closed|locked))?(?:_({_COLORS}))?(?:_({_KINDS}))?"
)
_DOOR = re.compile(rf"(?:({_COLORS})_)?door_open")
MINIGRID_NAMES = "`on_goal`, `facing_locked_red_door`, `carrying_key`, `blue_door_open`"
"""Some names, for people."""


@dataclass(frozen=True, slots=True)
class MiniGridLabel:
    """Whether the agent stands on, faces or carries such a thing, or (``anywhere``) the grid has
    it; None leaves a property open."""

    env: gymnasium.Env[Any, Any]
    place: Literal["on", "facing", "carrying", "anywhere"]
    state: str | None
    color: str | None
    kind: str | None

    def __call__(self, obs: Any, action: Any, next_obs: Any, info: Any) -> bool:
        """On the environment as it is after the step."""
        inner: Any = self.env.unwrapped
        match self.place:
            case "on":
                return self._fits(inner.grid.get(*inner.agent_pos))
            case "facing":
                return self._fits(inner.grid.get(*inner.front_pos))
            case "carrying":
                return self._fits(inner.carrying)
            case "anywhere":
                return any(self._fits(thing) for thing in inner.grid.grid if thing is not None)

    def _fits(self, thing: Any) -> bool:
        if thing is None or (self.kind is not None and thing.type != self.kind):
            return False
        if self.color is not None and thing.color != self.color:
            return False
        is_open, is_locked = getattr(thing, "is_open", None), getattr(thing, "is_locked", None)
        match self.state:
            case None:
                return True
            case "open":
                return bool(is_open)
            case "locked":
                return bool(is_locked)
            case _:
                return is_open is False and not is_locked


def minigrid_label(env: gymnasium.Env[Any, Any], name: str) -> MiniGridLabel | None:
    """The proposition of that name, where the environment is a MiniGrid; else None.

    ``on``, ``facing`` or ``carrying``, then, each where it matters, ``open``, ``closed`` or
    ``locked``, a colour, a kind of object, joined by ``_``; ``carrying`` alone is anything.
    ``door_open`` and ``red_door_open`` speak of any door of the grid.
    """
    if not is_minigrid(env):
        return None
    door = _DOOR.fullmatch(name)
    if door is not None:
        return MiniGridLabel(env, "anywhere", "open", door[1], "door")
    thing = _THING.fullmatch(name)
    if thing is None or (thing[1] != "carrying" and thing[3] is None and thing[4] is None):
        return None
    place: Any = thing[1]
    return MiniGridLabel(env, place, thing[2], thing[3], thing[4])


def is_minigrid(env: gymnasium.Env[Any, Any]) -> bool:
    """Whether the environment has what the propositions read."""
    inner = env.unwrapped
    # The position in front is a property that fails before the first reset: ask the class.
    return hasattr(type(inner), "front_pos") and all(
        hasattr(inner, name) for name in ("grid", "agent_pos", "carrying")
    )
