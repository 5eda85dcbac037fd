"""A reward as a text file of the original reward-machine repository (Toro Icarte et al. 2018)."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from specc.diagnostics import SpecError
from specc.emit.controller import Controller
from specc.emit.kernel import control
from specc.objective import stack

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["reward_machine_text"]

_PLAIN = re.compile(r"[a-z_]\w*")
_WORDS = {"not", "and", "or", "next", "eventually", "always", "until", "weak_until", "release",
          "xor", "true", "false"}  # fmt: skip
_MOST_LINES = 200_000


def reward_machine_text(spec: Spec) -> str:
    """The file: the initial state, the terminal states, one edge a line.

    :raises SpecError: E812 what the format cannot say: a horizon, a chance, a reward that is no
        finite decimal or reads the environment, a start state, more than labels, too many edges.
    """
    controller, horizon = control(spec)
    if horizon >= 0 or any(v is None for v in controller.values) or controller.zeta < 1:
        raise _refusal(spec, "has a horizon, a chance or a reward of the environment")
    if controller.reads_start and len(set(controller.first)) > 1:
        raise _refusal(spec, "reads the start state, where reward machines read transitions only")
    names = [_name(guard, spec) for guard in controller.guards]
    formulas = [_letter_formulas(controller, c, names) for c in range(len(controller.first))]
    paid = [_decimal(value, spec) for value in controller.values if value is not None]
    final = [state for state, over in enumerate(controller.final) if over]
    lines = [f"{controller.first[0]} # initial state", f"{final} # terminal states"]
    for state, row in enumerate(controller.next):
        if controller.final[state]:
            continue
        for letter, after in enumerate(row):
            reward = paid[controller.reward[state][letter]]
            lines += [
                f"({state},{after},{formula!r},ConstantRewardFunction({reward}))"
                for formula in formulas[letter]
            ]
        if len(lines) > _MOST_LINES:
            raise _refusal(spec, f"needs more than {_MOST_LINES:,} edges")
    return "\n".join(lines) + "\n"


def _refusal(spec: Spec, what: str) -> SpecError:
    return SpecError.of(
        "E812",
        f"`{spec.name}` {what}, which a reward machine file does not express",
        help="use the target `gym`",
    )


def _name(guard: stack.Guard, spec: Spec) -> str:
    if not isinstance(guard, stack.LabelIs):
        raise _refusal(spec, "reads more than labels")
    name = guard.name
    if _PLAIN.fullmatch(name) and name not in _WORDS:
        return name
    if "'" in name or '"' in name or "\\" in name or not name.isprintable():
        raise _refusal(spec, f"reads the label {name!r}")
    return f'"{name}"'


def _decimal(value: Fraction, spec: Spec) -> str:
    """The exact decimal, without an exponent."""
    scaled = value * 10**15
    if scaled.denominator != 1 or abs(value) >= 10**15:
        raise _refusal(spec, f"pays {value}, a number without a short decimal")
    digits = f"{abs(scaled.numerator):016d}"
    fraction = digits[-15:].rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-15]}" + (f".{fraction}" if fraction else "")


def _letter_formulas(controller: Controller, letter: int, names: list[str]) -> list[str]:
    """The ways through the decision diagram to a class, as conjunctions ``a&!b``."""
    classes = controller.classes
    found: list[str] = []
    pending: list[tuple[int, tuple[str, ...]]] = [(classes.root, ())]
    while pending:
        node, literals = pending.pop()
        if node < 0:
            if -1 - node == letter:
                found.append("&".join(literals) or "True")
            continue
        name = names[int(classes.atom[node])]
        pending.append((int(classes.high[node]), (*literals, name)))
        pending.append((int(classes.low[node]), (*literals, f"!{name}")))
    return found
