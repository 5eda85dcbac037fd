"""The batch kernel of an outer function: its parts' kernels, weighted by the gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit.batches import Batch, Counterfactual, State, Trajectories, refuse_array
from specc.emit.functional.estimates import Returns, averages
from specc.emit.functional.letters import ByProposition, ByTransition
from specc.emit.functional.pseudo import PseudoReward, Standing
from specc.emit.functional.sums import Summed, Sums, floats
from specc.emit.schemes.kinds import FunctionalPart
from specc.objective import stack

__all__ = ["FunctionalKernel", "FunctionalState", "StoredPseudoRewards"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FunctionalState:
    """Of n runs: the ``parts``' states, and per part, each (n,), its trajectory ``numbers`` so far,
    the ``factors`` of the next reward in it, and whether it is ``over``."""

    parts: tuple[State, ...]
    numbers: tuple[Any, ...]
    factors: tuple[Any, ...]
    over: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StoredPseudoRewards:
    """Of every stored step, each (n, T): its ``reward``, whether the episode is ``done`` with it,
    and whether it belongs to one (``live``)."""

    reward: Any
    done: Any
    live: Any


class FunctionalKernel:
    """Pays the pseudo-reward over batches; arrays are NumPy's or tensors, as the parts' kernels.

    Letters are the propositions of all parts (``propositions``, bool), or, where a part is the gain
    of running numbers, the transitions of the model. ``update`` takes stored runs, or their
    numbers; before it every reward is 0. Sums are made in another order than in the wrapper, so
    the last bits may differ.
    """

    def __init__(
        self,
        pseudo: PseudoReward,
        kernels: Sequence[Any],
        letters: ByProposition | ByTransition,
        starts: Sequence[FloatArray | float],
    ) -> None:
        self.pseudo, self.kernels, self.letters = pseudo, tuple(kernels), letters
        scaled = pseudo.scheme.criterion == "total"
        self._sums = [
            Sums(_discount(part), scaled, start)
            for part, start in zip(pseudo.parts, starts, strict=True)
        ]

    @property
    def parts(self) -> tuple[FunctionalPart, ...]:
        """The numbers of the policy, in the order of weights and returns."""
        return self.pseudo.parts

    @property
    def propositions(self) -> tuple[Any, ...]:
        """The propositions that a letter consists of; none for a kernel over a model."""
        return self.letters.propositions

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The native rewards and observations that rewards read."""
        return self.letters.inputs

    @property
    def memories(self) -> int:
        """How many states the joint memory has: the product of the parts'."""
        return math.prod(kernel.memories for kernel in self.kernels)

    def to(self, device: Any) -> FunctionalKernel:
        """The kernel on another device (tensors only); the weights stay shared."""
        moved = [kernel.to(device) for kernel in self.kernels]
        return FunctionalKernel(self.pseudo, moved, self.letters, [s.start for s in self._sums])

    def initial(self, n: int, first: Any = None) -> FunctionalState:
        """n runs before their first step; ``first`` as in :class:`specc.emit.batches.Trajectories`,
        needed where a part reads the start."""
        states = [k.initial(n, self.letters.first(first, i)) for i, k in enumerate(self.kernels)]
        like = [0.0 * floats(state.memory) for state in states]
        numbers = [zero + sums.starting(first) for zero, sums in zip(like, self._sums, strict=True)]
        return FunctionalState(
            tuple(states),
            tuple(numbers),
            tuple(zero + 1.0 for zero in like),
            tuple(zero != 0 for zero in like),
        )

    def step(self, state: FunctionalState, batch: Batch | Any) -> tuple[FunctionalState, Any, Any]:
        """The next states, the pseudo-rewards and which runs are done, each (n,)."""
        full = batch if isinstance(batch, Batch) else Batch(batch)
        # Everything is computed before anything is returned: errors change nothing.
        after, numbers, factors, over = [], [], [], []
        reward: Any = 0.0
        done: Any = True
        for i, (kernel, sums) in enumerate(zip(self.kernels, self._sums, strict=True)):
            moved, paid, ended = kernel.step(state.parts[i], self.letters.of(full, i))
            paid = paid * ~state.over[i]
            number = state.numbers[i] + state.factors[i] * paid
            weight, worth = float(self.pseudo.weights[i]), self.pseudo.worths[i]
            reward = reward + weight * sums.gain(worth, state.numbers[i], number, paid)
            after.append(moved)
            numbers.append(number)
            factors.append(state.factors[i] * sums.discount)
            over.append(state.over[i] | ended)
            done = over[-1] & done
        following = FunctionalState(tuple(after), tuple(numbers), tuple(factors), tuple(over))
        return following, reward, done

    def relabel(self, stored: Trajectories | Any) -> StoredPseudoRewards:
        """The pseudo-rewards of stored runs, at the weights of the last update."""
        full = stored if isinstance(stored, Trajectories) else Trajectories(stored)
        rows = self._summed(full)
        reward: Any = 0.0
        for i, (row, sums) in enumerate(zip(rows, self._sums, strict=True)):
            worth, weight = self.pseudo.worths[i], float(self.pseudo.weights[i])
            reward = reward + weight * sums.gain(worth, row.before, row.number, row.paid)
        over = rows[0].over
        for row in rows[1:]:
            over = over & row.over
        live = rows[0].begins | ~rows[0].previous(over)
        return StoredPseudoRewards(reward, over | rows[0].ends, live)

    def measure(self, stored: Trajectories | Any) -> Returns:
        """The parts' numbers in all stored episodes that end (or are cut) inside their row."""
        full = stored if isinstance(stored, Trajectories) else Trajectories(stored)
        rows = self._summed(full)
        over = rows[0].over
        for row in rows[1:]:
            over = over & row.over
        live = rows[0].begins | ~rows[0].previous(over)
        last = live & (over | rows[0].ends)
        columns = [np.asarray(row.number[last].detach().cpu() if hasattr(row.number, "detach")
                              else row.number[last]) for row in rows]  # fmt: skip
        lengths = rows[0].clock[last] + 1
        lengths = lengths.cpu() if hasattr(lengths, "cpu") else lengths
        return Returns(np.stack(columns, 1), np.asarray(lengths, dtype=np.float64))

    def update(
        self,
        episodes: Trajectories | Returns | Any,
        *,
        step_size: float = 1.0,
        multiplier_step: float | None = None,
        smoothing: float = 0.0,
    ) -> Standing:
        """New weights: see :meth:`specc.emit.functional.pseudo.PseudoReward.update`. Stored runs
        are measured first."""
        if isinstance(episodes, Trajectories):
            episodes = self.measure(episodes)
        return self.pseudo.update(
            episodes,
            step_size=step_size,
            multiplier_step=multiplier_step,
            smoothing=smoothing,
        )

    def counterfactual(self, batch: Batch | Any) -> Counterfactual:
        """The step from every joint memory at once; a joint memory is m_0 * M_1 * M_2 .. + m_1 *
        M_2 .. + .. of the parts' memories.

        :raises SpecError: E812 the reward reads more than the memory: times or running numbers.
        """
        self._refuse_histories()
        full = batch if isinstance(batch, Batch) else Batch(batch)
        joint: Counterfactual | None = None
        for i, kernel in enumerate(self.kernels):
            found = kernel.counterfactual(self.letters.of(full, i))
            weight = float(self.pseudo.weights[i])
            found = replace(found, reward=weight * found.reward)
            joint = found if joint is None else _joined(joint, found, kernel.memories)
        assert joint is not None
        return joint

    def _refuse_histories(self) -> None:
        scaled = any(s.scaled and s.discount != 1 for s in self._sums)
        bent = any(not isinstance(part.number, stack.Expectation) for part in self.parts)
        timed = any(kernel.tables.horizon >= 0 for kernel in self.kernels)
        drawn = any(kernel.tables.zeta < 1 for kernel in self.kernels)
        if scaled or bent or timed or drawn:
            raise SpecError.of(
                "E812",
                "this pseudo-reward reads the time, running numbers or draws beside the memory",
                help="`step` and `relabel` follow them along each run",
            )

    def _summed(self, full: Trajectories) -> list[Summed]:
        if any(averages(part) for part in self.parts) and full.letters is None:
            refuse_array("no `letters`", "stored runs")
        rows = []
        for i, (kernel, sums) in enumerate(zip(self.kernels, self._sums, strict=True)):
            found = kernel.relabel(self.letters.of(full, i))
            rows.append(sums.along(full, found.reward, found.done, found.live))
        return rows


def _discount(part: FunctionalPart) -> float:
    return float(getattr(part.scheme, "discount", 1.0))


def _joined(joint: Counterfactual, part: Counterfactual, width: int) -> Counterfactual:
    """Every pair of memories, the part's in the last place."""
    after = joint.after[:, :, None] * width + part.after[:, None, :]
    gone = (joint.after[:, :, None] < 0) | (part.after[:, None, :] < 0)
    reward = (joint.reward[:, :, None] + part.reward[:, None, :]) * ~gone
    done = joint.done[:, :, None] & part.done[:, None, :]
    rows = len(after)
    return Counterfactual(
        (after * ~gone - 1 * gone).reshape(rows, -1),
        reward.reshape(rows, -1),
        done.reshape(rows, -1),
    )
