"""Storm's explicit format DRN, written; :mod:`specc.model.drn` reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from specc.model.mdp import ExactArray, Mdp

__all__ = ["drn_lines", "drn_losses"]

_WORD = re.compile(r"[^\s\[\]\"]+")


def drn_losses(mdp: Mdp) -> tuple[str, ...]:
    """What the format cannot say about this MDP, one line each for people; empty if nothing."""
    found = [
        f"the transition label `{p}` is left out"
        for p, label in mdp.labels.items()
        if label.on == "transition"
    ]
    for name, reward in mdp.rewards.items():
        if not _per_choice(mdp, reward):
            found.append(
                f"the reward `{name or 'native'}` depends on the next state; "
                "its expectation per action is written"
            )
    if len({p for _, p in mdp.initial}) > 1:
        found.append("the initial distribution is not uniform; its states are marked `init`")
    if mdp.stopped.any():
        found.append("episodes that are over go on in absorbing states")
    return tuple(found)


def drn_lines(mdp: Mdp) -> Iterator[str]:
    """The file, line by line, with line ends; probabilities and rewards exact.

    State names become numbers. Every transition reward becomes its expectation on the choice,
    so expected rewards are as before; see :func:`drn_losses` for what else is not carried over.
    """
    yield "@type: MDP\n@value_type: rational\n@parameters\n\n@reward_models\n"
    yield "".join(f"{name} " for name in mdp.rewards) + "\n"
    yield f"@nr_states\n{mdp.state_count}\n@nr_choices\n{mdp.choice_count}\n@model\n"
    rewards = [_choice_rewards(mdp, reward) for reward in mdp.rewards.values()]
    labels = [
        (_quoted(p), label.holds.tolist())
        for p, label in mdp.labels.items()
        if label.on == "state" and p != "init"
    ]
    initial = {state for state, _ in mdp.initial}
    probabilities = [str(value) for value in mdp.probabilities.values]
    weights = mdp.probabilities.index.tolist()
    targets = mdp.successors.tolist()
    zeros = f" [{', '.join('0' for _ in rewards)}]" if rewards else ""
    for state in range(mdp.state_count):
        held = " init" if state in initial else ""
        held += "".join(f" {p}" for p, holds in labels if holds[state])
        yield f"state {state}{zeros}{held}\n"
        for local, choice in enumerate(mdp.choices(state)):
            name = mdp.actions[choice]
            paid = f" [{', '.join(str(r[choice]) for r in rewards)}]" if rewards else ""
            yield f"\taction {name if _WORD.fullmatch(name) else local}{paid}\n"
            for t in mdp.transitions(choice):
                yield f"\t\t{targets[t]} : {probabilities[weights[t]]}\n"


def _quoted(proposition: str) -> str:
    if '"' in proposition or "\n" in proposition:
        raise ValueError(f"DRN has no way to write the proposition {proposition!r}")
    return proposition if re.fullmatch(r"[A-Za-z_]\w*", proposition) else f'"{proposition}"'


def _per_choice(mdp: Mdp, reward: ExactArray) -> bool:
    """Whether a reward is the same on all transitions of every choice."""
    first = reward.index[mdp.transition_starts[:-1]]
    return bool(np.array_equal(np.repeat(first, np.diff(mdp.transition_starts)), reward.index))


def _choice_rewards(mdp: Mdp, reward: ExactArray) -> list[Fraction]:
    if _per_choice(mdp, reward):
        return [reward[t] for t in mdp.transition_starts[:-1].tolist()]
    return [
        sum((mdp.probabilities[t] * reward[t] for t in mdp.transitions(choice)), Fraction(0))
        for choice in range(mdp.choice_count)
    ]
