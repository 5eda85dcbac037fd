"""Guards as Boolean functions of their atoms: simplification, satisfiability, text."""

from __future__ import annotations

from specc.objective import stack

__all__ = ["assign", "atoms", "satisfiable"]

_MOST_ATOMS = 16


def atoms(guard: stack.Guard) -> tuple[stack.Guard, ...]:
    """The parts that are not Boolean connectives, each once, in order."""
    found: dict[stack.Guard, None] = {}
    pending = [guard]
    while pending:
        node = pending.pop()
        match node:
            case stack.Truth():
                pass
            case stack.Negation(part):
                pending.append(part)
            case stack.AllOf(parts) | stack.AnyOf(parts):
                pending.extend(reversed(parts))
            case _:
                found[node] = None
    return tuple(found)


def assign(guard: stack.Guard, values: dict[stack.Guard, bool]) -> stack.Guard:
    """The guard with some atoms replaced by truth values, and constants folded."""
    match guard:
        case stack.Negation(part):
            inner = assign(part, values)
            if isinstance(inner, stack.Truth):
                return stack.Truth(not inner.value)
            return inner.guard if isinstance(inner, stack.Negation) else stack.Negation(inner)
        case stack.AllOf(parts):
            return _fold(parts, values, absorbing=False)
        case stack.AnyOf(parts):
            return _fold(parts, values, absorbing=True)
        case _:
            return stack.Truth(values[guard]) if guard in values else guard


def _fold(
    parts: tuple[stack.Guard, ...], values: dict[stack.Guard, bool], *, absorbing: bool
) -> stack.Guard:
    kept: dict[stack.Guard, None] = {}
    for part in parts:
        inner = assign(part, values)
        if isinstance(inner, stack.Truth):
            if inner.value is absorbing:
                return inner
            continue
        kept[inner] = None
    if not kept:
        return stack.Truth(not absorbing)
    if len(kept) == 1:
        return next(iter(kept))
    return stack.AnyOf(tuple(kept)) if absorbing else stack.AllOf(tuple(kept))


def satisfiable(guard: stack.Guard) -> bool | None:
    """Whether some truth values of the atoms satisfy the guard; None where there are too many.

    Atoms are independent here, except that a transition has one action and one next state.
    """
    names = atoms(guard)
    if len(names) > _MOST_ATOMS:
        return None
    return _search(guard, names, {})


def _search(
    guard: stack.Guard, names: tuple[stack.Guard, ...], values: dict[stack.Guard, bool]
) -> bool:
    folded = assign(guard, values)
    if isinstance(folded, stack.Truth):
        return folded.value
    atom = next(name for name in names if name not in values)
    exclusive = isinstance(atom, stack.Action | stack.Here)
    if exclusive and any(values[name] for name in values if type(name) is type(atom)):
        return _search(guard, names, {**values, atom: False})
    return _search(guard, names, {**values, atom: True}) or _search(
        guard, names, {**values, atom: False}
    )
