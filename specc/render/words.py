"""Guards and signals of the objective as short text for labels."""

from __future__ import annotations

from typing import assert_never

from specc.objective import stack

__all__ = ["guard_words", "number_words"]


def guard_words(guard: stack.Guard) -> str:
    """The guard as the `.spec` language writes it.

    >>> guard_words(stack.AllOf((stack.LabelIs("coffee"), stack.Negation(stack.Here("s0")))))
    'coffee & !at(s0)'
    """
    match guard:
        case stack.Truth(value):
            return "true" if value else "false"
        case stack.LabelIs(name):
            return name
        case stack.Here(state):
            return f"at({state})"
        case stack.Action(name):
            return f"action = {name}"
        case stack.Info(key):
            return f"info.{key}"
        case stack.Before(inner):
            return f"from({guard_words(inner)})"
        case stack.Comparison(operator, left, right):
            return f"{number_words(left)} {operator} {number_words(right)}"
        case stack.Negation(inner):
            return f"!{_bracketed(inner)}"
        case stack.AllOf(guards):
            return " & ".join(_bracketed(part) for part in guards) or "true"
        case stack.AnyOf(guards):
            return " | ".join(_bracketed(part) for part in guards) or "false"
        case _:
            assert_never(guard)


def number_words(number: stack.Number) -> str:
    """A signal as the `.spec` language writes it. Raises ValueError above the signal layer."""
    match number:
        case stack.Constant(value):
            return str(value)
        case stack.Apply(function, operands):
            return _application(function, operands)
        case stack.Indicator(guard):
            return f"[{guard_words(guard)}]"
        case stack.Choice(guard, then, otherwise):
            chosen = f"{number_words(then)} else {number_words(otherwise)}"
            return f"(if {guard_words(guard)} then {chosen})"
        case stack.Native(name):
            return f'native("{name}")' if name else "native"
        case stack.Observation(index):
            return f"obs[{index}]"
        case stack.MachineOutput(machine):
            return machine.name
        case stack.PolicyTerm(kind, order, reference):
            argument = order if order is not None else reference
            return kind if argument is None else f"{kind}({argument})"
        case _:
            raise ValueError(f"{type(number).__name__} is not a signal")


def _bracketed(guard: stack.Guard) -> str:
    compound = isinstance(guard, stack.AllOf | stack.AnyOf) and len(guard.guards) > 1
    words = guard_words(guard)
    return f"({words})" if compound or isinstance(guard, stack.Comparison) else words


def _application(function: str, operands: tuple[stack.Number, ...]) -> str:
    words = [number_words(operand) for operand in operands]
    if function in ("+", "*", "/", "**"):
        inner = [
            f"({word})" if isinstance(operand, stack.Apply) else word
            for word, operand in zip(words, operands, strict=True)
        ]
        return f" {function} ".join(inner)
    return f"{function}({', '.join(words)})"
