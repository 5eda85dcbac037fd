"""One spec in its finite environment, and how its order compares exact policies."""

from __future__ import annotations

from dataclasses import dataclass, field

from specc.deadline import Deadline
from specc.evaluate import Evaluation, evaluate
from specc.evaluate.ranking import ranking
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.model.sample import sample_policies
from specc.resolve.file import Spec

__all__ = ["Question"]


@dataclass(slots=True, eq=False)
class Question:
    """Evaluations are kept, so that every realiser and refuter may ask again.

    ``seed`` makes every search repeatable; ``deadline`` is when searches stop. ``notes`` is where
    realisers and refuters keep what others may want too.
    """

    spec: Spec
    mdp: Mdp
    seed: int = 0
    deadline: Deadline = field(default_factory=Deadline)
    notes: dict[object, object] = field(default_factory=dict)
    _values: dict[tuple[object, ...], Evaluation] = field(default_factory=dict)

    def evaluation(self, policy: Policy) -> Evaluation:
        """The spec's exact value under a stationary policy. Raises SpecError where it has none."""
        key = policy.probabilities
        if key not in self._values:
            self._values[key] = evaluate(self.spec, policy)
        return self._values[key]

    def compare(self, one: Policy, other: Policy) -> int | None:
        """1, 0 or -1 as the first is above, tied with or below the second; None: not decided."""
        return ranking(self.spec.objective, self.evaluation(one), self.evaluation(other))

    def sample(self, count: int) -> tuple[Policy, ...]:
        """Exact policies, with corners and faces; the same ones at every call."""
        return sample_policies(self.mdp, count, self.seed)
