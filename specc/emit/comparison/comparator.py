"""Which of two policies is better in a spec's order: exactly, or from episodes of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit.batches import Trajectories
from specc.emit.comparison.intervals import Interval, difference
from specc.emit.functional.compiled import functional_kernel, scalar_kernel
from specc.emit.functional.estimates import Returns, checked
from specc.emit.functional.kernel import FunctionalKernel
from specc.emit.plan import functional_parts
from specc.emit.schemes.kinds import FunctionalPart, FunctionalScheme, NoScheme
from specc.model.policy import MemoryPolicy, Policy
from specc.objective import stack
from specc.objective.infer import infer
from specc.objective.stack import Number

if TYPE_CHECKING:
    from specc.evaluate import Evaluation
    from specc.resolve.file import Spec

__all__ = ["Comparator", "Compared"]

_ONE = Fraction(1)
Sign = Literal[-1, 0, 1]


@dataclass(frozen=True, slots=True)
class Compared:
    """``sign`` is 1, 0 or -1: the first is above, tied with, or below the second; None: undecided.

    ``differences`` are the first's components less the second's, as far as they were looked at;
    for policies ``evaluations`` are both exact values instead.
    """

    sign: Sign | None
    differences: tuple[Interval, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()


class Comparator:
    """The order of one spec, from its most important component to the least.

    ``components`` are specs of one number each, for training on one after the other; ``kernel``
    measures episodes.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        objective = infer(spec.objective).objective
        self.numbers = _numbers(spec, objective)
        self.components: tuple[Spec, ...] = tuple(
            replace(spec, objective=stack.Scalar(number, span=number.span))
            for number in self.numbers
        )
        self._kernel: FunctionalKernel | None = None

    @property
    def parts(self) -> tuple[FunctionalPart, ...]:
        """The numbers of the policy in it, in the order of a batch's columns.

        :raises SpecError: E801 episodes do not show one of them.
        """
        found = functional_parts(self.numbers)
        if isinstance(found, NoScheme):
            raise SpecError.of(
                "E801",
                f"episodes do not show where `{self.spec.name}` stands: {found.reason}",
                source=self.spec.source,
                span=self.spec.declaration.name.span,
                help="compare policies of a finite environment, which is exact",
            )
        return found

    @property
    def kernel(self) -> FunctionalKernel:
        """The kernel whose ``measure`` makes numbers of stored episodes; its weights stay 0."""
        if self._kernel is None:
            number = stack.Scalar(self.numbers[0])
            scheme = FunctionalScheme(number, self.parts, "total", _ONE)
            self._kernel = functional_kernel(self.spec, scheme)
        return self._kernel

    def kernels(self, backend: str = "numba") -> tuple[Any, ...]:
        """The kernel of every component, for training on one after the other."""
        return tuple(scalar_kernel(component, backend) for component in self.components)

    def compare(
        self, one: Any, other: Any, *, confidence: float = 0.95, tolerance: float = 0.0
    ) -> Compared:
        """Which is better: two policies (exact), or two batches of episodes.

        A batch is an array (episodes, parts) of trajectory numbers, :class:`Returns`, or stored
        runs (:class:`specc.emit.batches.Trajectories`). Components are compared in turn, by
        simultaneous confidence intervals of their differences (Welch's t; the delta method where a
        component is a function of several means; valid for many episodes). The first whose
        interval lies beyond ``tolerance`` decides; one inside it counts as a tie; else nothing is
        decided. Without a tolerance only episodes that are all alike tie: no sample shows that
        two means are equal. Episodes of one batch that are all alike say little of rare events, so
        few of them decide nothing.

        :raises SpecError: E710 policies without a finite environment, E814 batches that do not
            fit, E801 episodes do not show a component, E704 one has no value at the estimates.
        """
        if isinstance(one, Policy | MemoryPolicy) and isinstance(other, Policy | MemoryPolicy):
            return self._policies(one, other)
        if not 0 < confidence < 1 or tolerance < 0:
            raise ValueError(f"confidence={confidence} in (0, 1), tolerance={tolerance} from 0 on")
        parts = self.parts
        batches = [checked(self._measured(given), parts) for given in (one, other)]
        share = 1 - (1 - confidence) / len(self.numbers)
        seen: list[Interval] = []
        for number in self.numbers:
            seen.append(difference(number, parts, batches[0], batches[1], share))
            sign = _sign(seen[-1], tolerance)
            if sign != 0:
                return Compared(sign, tuple(seen))
        return Compared(0, tuple(seen))

    def _measured(self, given: Any) -> Returns | NDArray[np.float64]:
        return self.kernel.measure(given) if isinstance(given, Trajectories) else given

    def _policies(self, one: Policy | MemoryPolicy, other: Policy | MemoryPolicy) -> Compared:
        from specc.evaluate import evaluate
        from specc.evaluate.ranking import ranking

        found = evaluate(self.spec, one), evaluate(self.spec, other)
        sign = ranking(self.spec.objective, *found)
        return Compared(None if sign is None else _as_sign(sign), evaluations=found)


def _numbers(spec: Spec, objective: stack.Objective) -> Sequence[Number]:
    match objective:
        case stack.Scalar(number):
            return (number,)
        case stack.Lexicographic(numbers):
            return numbers
        case stack.Constrained():
            raise SpecError.of(
                "E801",
                f"`{spec.name}` is constrained: policies compare by feasibility first",
                source=spec.source,
                span=spec.declaration.name.span,
                help="`specc.compile` trains on it; `specc.evaluate` compares policies exactly",
            )


def _sign(interval: Interval, tolerance: float) -> Sign | None:
    if interval.lower > tolerance:
        return 1
    if interval.upper < -tolerance:
        return -1
    return 0 if -tolerance <= interval.lower and interval.upper <= tolerance else None


def _as_sign(value: int) -> Sign:
    return 1 if value > 0 else (-1 if value < 0 else 0)
