"""What a translation gives: one spec of the upper formalism, in that formalism's own terms.

A formalism that the language has words for gives a :class:`Written` objective. Where a parameter
is an arbitrary function that no text can say, the spec is an exact Python object instead: it is
handed what its formalism lets it see (a trajectory, returns, a lottery, an occupancy, a policy)
and nothing else, so that evaluating it is evidence that seeing so much is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from specc.objective.stack import Objective

if TYPE_CHECKING:
    from specc.evaluate import Evaluation
    from specc.evaluate.value import Value
    from specc.model.mdp import Mdp
    from specc.model.policy import Policy
    from specc.translate.lottery import Lasso

__all__ = ["Form", "PolicyFunction", "PolicyOrder", "TrajectoryFunction", "View", "Written"]

View = Callable[["Mdp", "Policy"], Any]
"""What a formalism sees of a policy; the views are in :mod:`specc.translate.views`."""


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """An objective of the language."""

    objective: Objective
    without_text: None = None


@dataclass(frozen=True, slots=True, eq=False)
class TrajectoryFunction:
    """E[function(see(xi))]: FTR and its members, RM, LTL and LAR seen from above.

    ``see`` maps a trajectory to what the formalism shows of it (its returns, say). ``objective``
    says the same in the language; None where no text does, and then ``without_text`` says why.
    """

    see: Callable[[Lasso], Any]
    function: Callable[[Any], Value]
    objective: Objective | None = None
    without_text: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PolicyFunction:
    """function(see(policy)): policies compare by this number."""

    see: View
    function: Callable[[Any], Evaluation]
    objective: Objective | None = None
    without_text: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PolicyOrder:
    """A preorder of what is seen: ``compare`` gives 1, 0 or -1 as the first is above, tied or
    below; None: not decided."""

    see: View
    compare: Callable[[Any, Any], int | None]
    objective: Objective | None = None
    without_text: str | None = None


Form = Written | TrajectoryFunction | PolicyFunction | PolicyOrder
