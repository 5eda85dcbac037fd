"""Set functions: the set of states visited as a memory, and the value of such a set."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from typing import TYPE_CHECKING

from specc.diagnostics import SpecError
from specc.model.distance import covered
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.guards import atoms
from specc.objective.walk import leaves
from specc.words import holds_initially, state_values

if TYPE_CHECKING:
    from flint import arb

__all__ = ["VisitedSet", "visited_set"]


class VisitedSet:
    """A lazy component whose memory is (transitions read, what was visited as a bit mask).

    Only what the value depends on is remembered: covered states for coverage, states where the
    guard holds for ``distinct``, else the states themselves. After the horizon it stands still.
    """

    def __init__(
        self, mdp: Mdp, function: stack.SetFunction, gained: list[int], weights: list[Fraction]
    ) -> None:
        self.function = function
        self.gained = gained
        self.weights = weights
        self.mdp = mdp
        self._successors = mdp.successors.tolist()

    def initial(self, state: int) -> Hashable:
        return (0, self.gained[state])

    def step(self, memory: Hashable, transition: int) -> tuple[Hashable, int]:
        assert isinstance(memory, tuple)
        time, mask = memory
        horizon = self.function.horizon
        if horizon is not None:
            if time >= horizon:
                return memory, 0
            time += 1
        return (time, mask | self.gained[self._successors[transition]]), 0

    def value(self, mask: int) -> Fraction | None:
        """The value of a visited set; None where it is irrational (``logdet`` and distances)."""
        if self.function.kind in {"facility_location", "logdet"}:
            return None
        total = Fraction(0)
        while mask:
            low = mask & -mask
            total += self.weights[low.bit_length() - 1]
            mask ^= low
        return total

    def enclosure(self, mask: int) -> arb:
        """A ball around the value of a visited set."""
        from specc.chain.interval import arb_of

        exact = self.value(mask)
        if exact is not None:
            return arb_of(exact)
        members = [s for s in range(self.mdp.state_count) if mask >> s & 1]
        if self.function.kind == "logdet":
            return _log_det(self.mdp, self.function, members)
        return _facility_location(self.mdp, members)


def visited_set(mdp: Mdp, function: stack.SetFunction) -> VisitedSet:
    """The memory and the value of a set function on this MDP.

    Raises SpecError E706 where it needs coordinates or observations that the model has not.
    """
    ones = [Fraction(1)] * mdp.state_count
    match function.kind:
        case "coverage":
            return VisitedSet(mdp, function, _masks(covered(mdp, function.radius)), ones)
        case "weighted_coverage":
            assert function.weight is not None
            weights = _state_values(mdp, function.weight)
            return VisitedSet(mdp, function, _masks(covered(mdp, function.radius)), weights)
        case "distinct":
            assert function.guard is not None
            _refuse_transition_parts(mdp, function.guard)
            inside = holds_initially(mdp, function.guard)
            gained = [1 << s if inside[s] else 0 for s in range(mdp.state_count)]
            return VisitedSet(mdp, function, gained, ones)
        case "facility_location" | "logdet":
            if mdp.coordinates is None and mdp.observations is None:
                raise SpecError.of(
                    "E706",
                    f"`{function.kind}` needs grid coordinates or observations; `{mdp.name}` has "
                    "neither",
                    span=function.span,
                )
            return VisitedSet(mdp, function, [1 << s for s in range(mdp.state_count)], ones)


def _masks(sets: list[frozenset[int]]) -> list[int]:
    masks = []
    for members in sets:
        mask = 0
        for state in members:
            mask |= 1 << state
        masks.append(mask)
    return masks


def _state_values(mdp: Mdp, weight: stack.Number) -> list[Fraction]:
    """A reward that depends on the state only, as one value per state."""
    for node in leaves(weight):
        if isinstance(node, stack.Indicator | stack.Choice):
            _refuse_transition_parts(mdp, node.guard)
        if isinstance(node, stack.Native | stack.MachineOutput | stack.PolicyTerm):
            raise SpecError.of(
                "E707",
                "the weight of a coverage is a number per state; this one belongs to transitions",
                span=node.span,
            )
    values = state_values(mdp, weight)
    if values is None:
        raise SpecError.of("E705", "the weights of a coverage must be rational", span=weight.span)
    return values.exact()


def _refuse_transition_parts(mdp: Mdp, guard: stack.Guard) -> None:
    for atom in atoms(guard):
        label = mdp.labels.get(atom.name) if isinstance(atom, stack.LabelIs) else None
        of_transition = label is not None and label.on == "transition"
        if of_transition or isinstance(atom, stack.Action | stack.Before | stack.Info):
            raise SpecError.of(
                "E707",
                "here a condition speaks of states, not of transitions",
                span=atom.span,
                help="use state labels only",
            )


def _points(mdp: Mdp, members: list[int]) -> list[list[Fraction]]:
    table = mdp.coordinates if mdp.coordinates is not None else mdp.observations
    assert table is not None
    return [[Fraction(x) for x in table[s].tolist()] for s in members]


def _squared(left: list[Fraction], right: list[Fraction]) -> Fraction:
    return sum(((a - b) ** 2 for a, b in zip(left, right, strict=True)), Fraction(0))


def _log_det(mdp: Mdp, function: stack.SetFunction, members: list[int]) -> arb:
    from flint import arb_mat

    from specc.chain.interval import arb_of, exponential

    assert function.log_det is not None
    points = _points(mdp, members)
    scale, noise = 2 * function.log_det.length**2, function.log_det.noise
    rows = [
        [
            exponential(-_squared(p, q) / scale) / arb_of(noise) + (1 if i == j else 0)
            for j, q in enumerate(points)
        ]
        for i, p in enumerate(points)
    ]
    return arb_mat(rows).det().log() if rows else arb_of(Fraction(0))


def _facility_location(mdp: Mdp, members: list[int]) -> arb:
    """sum over all states x of max over visited s of exp(-|x - s|^2 / 2)."""
    from flint import arb

    from specc.chain.interval import exponential

    everything = _points(mdp, list(range(mdp.state_count)))
    visited = [everything[s] for s in members]
    total = arb(0)
    for point in everything:
        nearest = min((_squared(point, other) for other in visited), default=None)
        if nearest is not None:
            total += exponential(-nearest / 2)
    return total
