"""From a spec's outer function to its batch kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from specc.emit.functional.kernel import FunctionalKernel
from specc.emit.functional.letters import ByProposition, ByTransition
from specc.emit.functional.pseudo import PseudoReward
from specc.emit.kernel import fixed_kernel, kernel_of
from specc.emit.planned import plan
from specc.emit.schemes.kinds import FunctionalPart, FunctionalScheme, ReturnScheme
from specc.model.mdp import Mdp

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["functional_kernel", "scalar_kernel"]


def scalar_kernel(spec: Spec, backend: str = "numba") -> Any:
    """The kernel of a spec of one number, whether its reward stays or not."""
    scheme = plan(spec).scheme
    if isinstance(scheme, FunctionalScheme):
        return functional_kernel(spec, scheme, backend)
    return fixed_kernel(spec, backend)


def functional_kernel(
    spec: Spec, scheme: FunctionalScheme, backend: str = "numba"
) -> FunctionalKernel:
    """The kernel of an outer function: one kernel per part.

    :raises SpecError: E804 too large, E810 a part needs a finite environment, E811 a formula that
        needs epsilon actions, E812 running numbers without a finite memory.

    >>> from specc.emit.plan import plan_objective
    >>> from specc.resolve.file import load_text
    >>> text = "spec s = E[discounted([a], 0.9)] * E[discounted([b], 0.9)]"
    >>> spec = load_text(text)["s"]
    >>> kernel = functional_kernel(spec, plan_objective(spec.objective).scheme)
    >>> kernel.update(np.array([[2.0, 5.0]])).weights
    (5.0, 2.0)
    >>> _, reward, _ = kernel.step(kernel.initial(1), np.array([[True, True]]))
    >>> reward.tolist()
    [7.0]
    """
    from specc.emit.functional.meter import refuse_jumps

    kernels = [kernel_of(spec, part.scheme, backend) for part in scheme.parts]
    for kernel, part in zip(kernels, scheme.parts, strict=True):
        if kernel.controller is not None:
            refuse_jumps(kernel.controller.jump_count, part)
    starts = [_start(spec, part, k) for part, k in zip(scheme.parts, kernels, strict=True)]
    letters: ByProposition | ByTransition
    if any(kernel.controller is None for kernel in kernels):
        assert isinstance(spec.environment, Mdp)
        letters = ByTransition(kernels, spec.environment)
    else:
        letters = ByProposition(kernels)
    return FunctionalKernel(PseudoReward(scheme), kernels, letters, starts)


def _start(spec: Spec, part: FunctionalPart, kernel: Any) -> Any:
    """The part's number before the first step, which its rewards leave out."""
    if not isinstance(part.scheme, ReturnScheme):
        return 1.0 if kernel.tables.formula == "safe" else 0.0
    from specc.emit.meter import Context, ReturnMeter
    from specc.emit.model_env import ModelEnv
    from specc.emit.reading import Step, Tracker

    mdp = spec.environment
    assert isinstance(mdp, Mdp)
    meter = ReturnMeter(part.scheme, Context(ModelEnv(mdp), Tracker(mdp), {}))
    numbers = np.zeros(mdp.state_count)
    for state, _ in mdp.initial:
        meter.start(Step(None, None, state, 0.0, {}, -1, state))
        numbers[state] = meter.last
    return numbers
