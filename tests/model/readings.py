"""Readable forms of an MDP, to compare with values worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from specc.diagnostics import Diagnostic
from specc.model.environment import Environment
from specc.model.mdp import Mdp

Load = Callable[[str], tuple[Environment | None, list[Diagnostic]]]
LoadMdp = Callable[[str], Mdp]

Row = dict[str, Fraction]


def rows(mdp: Mdp) -> dict[tuple[str, str], Row]:
    """Successors with probabilities, by (state, action)."""
    sources = mdp.choice_sources().tolist()
    return {
        (mdp.states[sources[c]], mdp.actions[c]): {
            mdp.states[int(mdp.successors[t])]: mdp.probabilities[t] for t in mdp.transitions(c)
        }
        for c in range(mdp.choice_count)
    }


def members(mdp: Mdp, proposition: str) -> set[str]:
    """The states where a state proposition holds."""
    label = mdp.labels[proposition]
    assert label.on == "state"
    return {state for state, holds in zip(mdp.states, label.holds, strict=True) if holds}


def marked(mdp: Mdp, proposition: str) -> set[tuple[str, str, str]]:
    """The transitions where a transition proposition holds."""
    label = mdp.labels[proposition]
    assert label.on == "transition"
    return {steps(mdp)[t] for t in range(mdp.transition_count) if label.holds[t]}


def steps(mdp: Mdp) -> list[tuple[str, str, str]]:
    """Every transition as (state, action, successor)."""
    sources, choices = mdp.transition_sources(), mdp.transition_choices()
    return [
        (
            mdp.states[int(sources[t])],
            mdp.actions[int(choices[t])],
            mdp.states[int(mdp.successors[t])],
        )
        for t in range(mdp.transition_count)
    ]


def same(left: Mdp, right: Mdp) -> bool:
    """Whether two MDPs agree in all but their names."""

    def parts(mdp: Mdp) -> list[object]:
        return [
            mdp.states,
            mdp.actions,
            mdp.choice_starts.tolist(),
            mdp.transition_starts.tolist(),
            mdp.successors.tolist(),
            mdp.probabilities.exact(),
            mdp.initial,
            {name: (label.on, label.holds.tolist()) for name, label in mdp.labels.items()},
            {name: reward.exact() for name, reward in mdp.rewards.items()},
            mdp.stopped.tolist(),
            None if mdp.observations is None else mdp.observations.tolist(),
            None if mdp.coordinates is None else mdp.coordinates.tolist(),
            mdp.exact,
        ]

    return parts(left) == parts(right)
