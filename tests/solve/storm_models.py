"""Models and questions handed to Storm, through its DRN format."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import stormpy

from specc.model.graph import Model
from specc.model.mdp import ExactArray
from specc.solve.rewards import expected

__all__ = ["drn_text", "storm_model", "storm_value"]


def drn_text(
    model: Model, labels: Mapping[str, set[int]], rewards: ExactArray | None = None
) -> str:
    """The model in DRN, with expected rewards of choices under the name ``r``; a state of its own
    that nothing leads to carries the label ``never``."""
    gains = expected(model, rewards) if rewards is not None else None
    initial = {s for s, _ in model.initial}
    lines = ["@type: MDP", "@parameters", "", "@reward_models", "r" if gains else ""]
    lines += ["@nr_states", str(model.state_count + 1)]
    lines += ["@nr_choices", str(model.choice_count + 1)]
    lines.append("@model")
    for state in range(model.state_count):
        names = ["init"] if state in initial else []
        names += [name for name, where in labels.items() if state in where]
        worth = " [0]" if gains else ""
        lines.append(f"state {state}{worth} {' '.join(names)}".rstrip())
        begin, end = model.choice_starts[state : state + 2].tolist()
        for number, choice in enumerate(range(begin, end)):
            paid = f" [{gains.exact(choice)}]" if gains else ""
            lines.append(f"\taction {number}{paid}")
            row: dict[int, Fraction] = {}
            first, last = model.transition_starts[choice : choice + 2].tolist()
            for t in range(first, last):
                successor = int(model.successors[t])
                row[successor] = row.get(successor, Fraction(0)) + model.probabilities[t]
            lines += [f"\t\t{successor} : {row[successor]}" for successor in sorted(row)]
    last = model.state_count
    worth = " [0]" if gains else ""
    lines += [f"state {last}{worth} never", f"\taction 0{worth}", f"\t\t{last} : 1"]
    return "\n".join(lines) + "\n"


def storm_model(text: str, folder: Path, *, exact: bool) -> object:
    """Storm's own model, over rationals or doubles."""
    path = folder / "model.drn"
    path.write_text(text)
    return stormpy.build_model_from_drn[stormpy.Rational if exact else float](str(path))


def storm_value(model: object, question: str, state: int = 0) -> Fraction:
    """Storm's answer at a state, as a rational."""
    result = stormpy.model_checking(model, stormpy.parse_property(question))
    return Fraction(str(result.get_value(state)))
