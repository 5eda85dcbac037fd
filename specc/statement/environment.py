"""A finite environment in the kernel's language."""

from __future__ import annotations

from specc.model.mdp import Mdp
from specc.statement.lowering import Json, Lowering

__all__ = ["environment"]


def environment(mdp: Mdp, lowering: Lowering) -> dict[str, Json]:
    """States, actions and chances; of labels and rewards what the spec reads."""
    chances = mdp.probabilities.exact()
    steps: list[list[str]] = []
    states: dict[str, dict[str, dict[str, str]]] = {}
    for state, name in enumerate(mdp.states):
        row = states.setdefault(name, {})
        for choice in mdp.choices(state):
            ends = row.setdefault(mdp.actions[choice], {})
            for transition in mdp.transitions(choice):
                successor = mdp.states[int(mdp.successors[transition])]
                if successor in ends:
                    lowering.refuse("two transitions with the same ends and action")
                ends[successor] = str(chances[transition])
                steps.append([name, mdp.actions[choice], successor])
    found: dict[str, Json] = {
        "states": states,
        "initial": {mdp.states[state]: str(mass) for state, mass in mdp.initial},
    }
    if lowering.labels:
        found["labels"] = {name: _label(mdp, name, steps) for name in sorted(lowering.labels)}
    if lowering.rewards:
        found["rewards"] = {
            name: sorted(
                [*step, str(value)]
                for step, value in zip(steps, mdp.rewards[name].exact(), strict=True)
                if value
            )
            for name in sorted(lowering.rewards)
        }
    return found


def _label(mdp: Mdp, name: str, steps: list[list[str]]) -> dict[str, Json]:
    label = mdp.labels[name]
    holds = label.holds.tolist()
    if label.on == "state":
        return {"states": sorted(s for s, here in zip(mdp.states, holds, strict=True) if here)}
    return {"transitions": sorted(step for step, here in zip(steps, holds, strict=True) if here)}
