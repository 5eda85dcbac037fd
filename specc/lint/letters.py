"""Letters that show what the first-match rule of machines hides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from specc.objective import stack
from specc.objective.guards import assign, atoms
from specc.objective.stack import Guard

__all__ = ["Letter", "letter_text", "no_match", "true_in", "witness", "written"]

Letter = Mapping[Guard, bool]

_MOST_ATOMS = 16


def witness(guard: Guard) -> dict[Guard, bool] | None:
    """Truth values of the atoms that satisfy the guard, as few true as comes easily; None where
    there are none, or the guard has more than 16 atoms.

    Atoms are independent, except that a transition has one action and one next state.

    >>> a, b = stack.LabelIs("a"), stack.LabelIs("b")
    >>> witness(stack.AllOf((a, stack.Negation(b)))) == {a: True, b: False}
    True
    """
    names = atoms(guard)
    if len(names) > _MOST_ATOMS:
        return None
    return _search(guard, names, {})


def _search(
    guard: Guard, names: tuple[Guard, ...], values: dict[Guard, bool]
) -> dict[Guard, bool] | None:
    folded = assign(guard, values)
    if isinstance(folded, stack.Truth):
        return {name: values.get(name, False) for name in names} if folded.value else None
    atom = next(name for name in names if name not in values)
    found = _search(guard, names, {**values, atom: False})
    if found is not None:
        return found
    exclusive = isinstance(atom, stack.Action | stack.Here)
    if exclusive and any(values[name] for name in values if type(name) is type(atom)):
        return None
    return _search(guard, names, {**values, atom: True})


def no_match(guards: Iterable[Guard]) -> Guard:
    """None of the guards holds."""
    return stack.AllOf(tuple(stack.Negation(guard) for guard in guards))


def true_in(letter: Letter) -> tuple[str, ...]:
    """What holds on the letter, as it is written in a file."""
    return tuple(written(atom) for atom, value in letter.items() if value)


def letter_text(names: tuple[str, ...]) -> str:
    """For people: ``{coffee, plant}``."""
    return "{" + ", ".join(names) + "}"


def written(guard: Guard) -> str:
    """The guard as `.spec` text."""
    from specc.syntax.show import show
    from specc.written.unparse import guard_tree

    return show(guard_tree(guard))
