"""``wrap``: a Gymnasium environment that pays the compiled reward of a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gymnasium

from specc.emit.plan import FunctionalScheme
from specc.emit.planned import plan
from specc.emit.reading import Labels
from specc.emit.wrapper import Observe, SpecWrapper

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["wrap"]


def wrap(
    env: gymnasium.Env[Any, Any],
    spec: Spec,
    labels: Labels | None = None,
    observe: Observe = "none",
) -> SpecWrapper:
    """The environment with the spec's reward.

    ``labels["goal"](obs, action, next_obs, info)`` defines or overrides a proposition (before the
    first step obs and action are None). ``observe`` adds the memory of the reward to the
    observation: ``index`` ``(observation, state)``, ``onehot`` ``(observation, 0/1 vector)``,
    ``dict`` ``{"observation": .., "machine": state}``. Where the reward is the gain of running
    numbers (sums, extrema, sets visited), the memory is their values, numbered by the spec's finite
    model.

    Episodes end as the environment's do, or, terminated, where all later reward is 0.
    ``info["specc"]`` has ``formalism``, ``machine`` (the memory's state; 0 for running numbers that
    are not observed), ``satisfied`` (True, False, None while undecided) and, for running numbers,
    ``numbers``. A formula without a deterministic Buechi automaton adds epsilon
    actions behind a Discrete space's own: action ``n + i`` moves the memory along its jump ``i``
    (where it has one), the environment stands still and pays 0.

    Where the environment terminates, a formula reads the absorbing run of the spec's finite model,
    or else the last letter for ever.

    A function of several numbers of the policy (constraints, tails and variances too) is paid as
    its gradient at estimates of them: the wrapper then has ``update()``, see
    :class:`specc.emit.functional.wrapper.FunctionalWrapper`.

    Where the environment pays several rewards (mo-gymnasium), ``native("0")`` is the first. A step
    that fails (E809, E817) leaves the memory where it was.

    :raises SpecError: E801 the objective has no reward per step, E802 to E811 it cannot be read
        from this environment, E815 its memory cannot be observed.
    """
    if isinstance(plan(spec).scheme, FunctionalScheme):
        from specc.emit.functional.wrapper import FunctionalWrapper

        return FunctionalWrapper(env, spec, labels, observe)
    return SpecWrapper(env, spec, labels, observe)
