"""``wrap_pettingzoo``: environments of several agents, each paid by a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from specc.diagnostics import MissingExtra
from specc.emit.agents import AgentLabels
from specc.emit.wrapper import Observe
from specc.resolve.file import Spec

if TYPE_CHECKING:
    from specc.emit.agents_in_turn import SpecTurnWrapper
    from specc.emit.agents_parallel import SpecParallelWrapper

__all__ = ["wrap_pettingzoo"]


def wrap_pettingzoo(
    env: Any,
    specs: Spec | Mapping[Any, Spec],
    labels: AgentLabels | None = None,
    observe: Observe = "none",
) -> SpecParallelWrapper | SpecTurnWrapper:
    """The environment, parallel or turn by turn (AEC), in which agents are paid by specs.

    ``specs``: one for every agent, or one each; who has none keeps the environment's reward. An
    agent's spec reads what that agent sees: its observation, action, reward and info. ``labels``
    are for all agents, ``labels["goal"](obs, action, next_obs, info)``, or by agent,
    ``labels["player_0"]["goal"]``. ``observe`` shows an agent the memory of its own reward, as
    :func:`specc.emit.wrapped.wrap` does; ``dict`` adds the key `machine` to observations that are
    dictionaries (an `action_mask` stays where it was), and is what PettingZoo's own tests know.

    ``infos[agent]["specc"]`` has ``formalism``, ``machine``, ``satisfied`` and ``over``. An agent
    whose reward is over stays in the game, for the others' sake, and is paid 0; the episode ends,
    terminated for all, where the rewards of all who still play are over.

    Turn by turn, a step of an agent goes from its action to what it sees next: then it is paid, and
    what the environment has paid it since is its `native`. A step that fails (E809, E817) leaves
    the memories of all agents where they were.

    :raises SpecError: E801 a spec has no reward per step, E805 names of agents that the environment
        has not, E811 a formula with epsilon actions; else as ``wrap``.
    :raises MissingExtra: PettingZoo is not installed.

    >>> from pettingzoo.classic import rps_v2
    >>> from specc.resolve.file import load_text
    >>> file = load_text("spec paper = E[discounted([action = 1], 0.9)]")
    >>> env = wrap_pettingzoo(rps_v2.parallel_env(), file["paper"])
    >>> _ = env.reset(seed=0)
    >>> env.step({"player_0": 1, "player_1": 2})[1]
    {'player_0': 1.0, 'player_1': 0.0}
    """
    try:
        from pettingzoo import AECEnv, ParallelEnv
    except ImportError as error:
        hint = "environments of several agents need PettingZoo: pip install 'specc-rl[pettingzoo]'"
        raise MissingExtra(hint) from error
    if isinstance(env, ParallelEnv):
        from specc.emit.agents_parallel import SpecParallelWrapper

        return SpecParallelWrapper(env, specs, labels, observe)
    if isinstance(env, AECEnv):
        from specc.emit.agents_in_turn import SpecTurnWrapper

        return SpecTurnWrapper(env, specs, labels, observe)
    raise TypeError(f"a {type(env).__name__}, not a PettingZoo environment")
