"""Numbers per transition as signals of the language: the shortest guards that tell them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from specc.model.mdp import Mdp
from specc.objective import stack

__all__ = ["transition_signal"]


def transition_signal(mdp: Mdp, values: Sequence[Fraction]) -> stack.Number:
    """The signal with these values, one per transition of the model, in its order.

    It reads as little as tells the values apart: the state entered, else the state left, the state
    left and the action, or all three.

    >>> from specc.model.mdp import MdpBuilder
    >>> from specc.written.unparse import number_tree
    >>> from specc.syntax.show import show
    >>> b = MdpBuilder("two")
    >>> b.add("s", "a", [("t", Fraction(1))])
    >>> b.add("t", "a", [("t", Fraction(1))])
    >>> mdp = b.build([("s", Fraction(1))])
    >>> show(number_tree(transition_signal(mdp, [Fraction(2), Fraction(0)])))
    '2 * [from(at(s))]'
    """
    sources, choices = mdp.transition_sources().tolist(), mdp.transition_choices().tolist()
    targets = mdp.successors.tolist()
    keys: list[Callable[[int], tuple[stack.Guard, ...]]] = [
        lambda t: (),
        lambda t: (stack.Here(mdp.states[targets[t]]),),
        lambda t: (stack.Before(stack.Here(mdp.states[sources[t]])),),
        lambda t: (stack.Action(mdp.actions[choices[t]]),),
        lambda t: (
            stack.Before(stack.Here(mdp.states[sources[t]])),
            stack.Action(mdp.actions[choices[t]]),
        ),
        lambda t: (
            stack.Before(stack.Here(mdp.states[sources[t]])),
            stack.Action(mdp.actions[choices[t]]),
            stack.Here(mdp.states[targets[t]]),
        ),
    ]
    for key in keys:
        table = _table([key(t) for t in range(len(values))], values)
        if table is not None:
            return _signal(table)
    raise ValueError("two transitions with the same ends and action have different values")


def _table(
    keys: Sequence[tuple[stack.Guard, ...]], values: Sequence[Fraction]
) -> dict[tuple[stack.Guard, ...], Fraction] | None:
    """The value of each key; None where a key has two."""
    found: dict[tuple[stack.Guard, ...], Fraction] = {}
    for key, value in zip(keys, values, strict=True):
        if found.setdefault(key, value) != value:
            return None
    return found


def _signal(table: dict[tuple[stack.Guard, ...], Fraction]) -> stack.Number:
    """One summand per value that is not 0."""
    groups: dict[Fraction, list[stack.Guard]] = {}
    for key, value in table.items():
        groups.setdefault(value, []).append(key[0] if len(key) == 1 else stack.AllOf(key))
    if len(groups) == 1:
        return stack.Constant(next(iter(groups)))
    parts: list[stack.Number] = []
    for value, guards in groups.items():
        if not value:
            continue
        guard = guards[0] if len(guards) == 1 else stack.AnyOf(tuple(guards))
        held = stack.Indicator(guard)
        one = value == 1
        parts.append(held if one else stack.Apply("*", (stack.Constant(value), held)))
    return parts[0] if len(parts) == 1 else stack.Apply("+", tuple(parts))
