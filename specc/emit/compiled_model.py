"""A spec's environment with the reward compiled into it, as an MDP of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, assert_never

from specc.diagnostics import SpecError
from specc.emit.controller import Controller, formula_controller, signal_controller
from specc.emit.plan import (
    FormulaScheme,
    FunctionalScheme,
    NoScheme,
    ReturnScheme,
    SignalScheme,
)
from specc.emit.planned import plan
from specc.emit.running import running
from specc.emit.tables import edge_rewards, letters_of, on_model, product_tables
from specc.model.mdp import ExactArray, Mdp
from specc.words import signal_values

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["compiled_model", "exact_rewards"]


def compiled_model(spec: Spec) -> Mdp:
    """The reachable product of the environment with the memory; `native` is the compiled reward,
    exact where the spec's is rational.

    :raises SpecError: E812 a reward that is drawn by chance; else as
        :func:`specc.emit.tables.product_tables`.
    """
    made = product_tables(spec)
    if made.zeta < 1 or any(made.jumps):
        raise SpecError.of(
            "E812",
            f"the reward of `{spec.name}` is drawn by chance, which a table of rewards does not "
            "express",
            help="use the targets `gym` or `hoa`",
        )
    mdp = made.mdp
    states = [s for s, _ in made.nodes]
    memories = [m for _, m in made.nodes]
    transitions = [t for s in states for c in mdp.choices(s) for t in mdp.transitions(c)]
    holders = [m for s, m in made.nodes for c in mdp.choices(s) for _ in mdp.transitions(c)]
    exact, rational = exact_rewards(spec, mdp)
    rewards = [
        exact(memory, t) if paid else Fraction(0)
        for memory, t, paid in zip(holders, transitions, made.rewards.tolist(), strict=True)
    ]
    labels = {
        name: replace(label, holds=label.holds[states if label.on == "state" else transitions])
        for name, label in mdp.labels.items()
    }
    return Mdp(
        name=mdp.name,
        states=tuple(f"{mdp.states[s]}|m{m}" for s, m in zip(states, memories, strict=True)),
        actions=tuple(mdp.actions[c] for s in states for c in mdp.choices(s)),
        choice_starts=made.action_starts,
        transition_starts=made.outcome_starts,
        successors=made.targets,
        probabilities=ExactArray.of(mdp.probabilities[t] for t in transitions),
        initial=tuple((n, p) for n, (_, p) in zip(made.initial.tolist(), mdp.initial, strict=True)),
        labels=labels,
        rewards={"": ExactArray.of(rewards)},
        stopped=mdp.stopped[states],
        exact=mdp.exact and rational,
    )


Rewards = Callable[[int, int], Fraction]


def exact_rewards(spec: Spec, mdp: Mdp) -> tuple[Rewards, bool]:
    """The reward of a memory on a transition, where it pays, and whether all are rational."""
    match plan(spec).scheme:
        case SignalScheme() as scheme:
            return _controlled(mdp, signal_controller(scheme))
        case FormulaScheme() as scheme:
            return _controlled(mdp, formula_controller(scheme)[0])
        case ReturnScheme() as scheme:
            found = running(mdp, scheme)
            place = {
                pair: node
                for node, pair in enumerate(
                    zip(found.state.tolist(), found.memory.tolist(), strict=True)
                )
            }
            sources = mdp.transition_sources().tolist()

            def gained(memory: int, transition: int) -> Fraction:
                node = place[sources[transition], memory]
                return found.exact[int(found.shift[node]) + transition]

            return gained, found.rational
        case FunctionalScheme() | NoScheme():
            raise AssertionError("product_tables refuses these")
        case other:
            assert_never(other)


def _controlled(mdp: Mdp, control: Controller) -> tuple[Rewards, bool]:
    control = on_model(mdp, control)
    letters, _ = letters_of(mdp, control)
    classes, count = letters.tolist(), len(control.states)
    floats = edge_rewards(mdp, control, letters)
    read = [
        None if exact is not None else signal_values(mdp, number)
        for exact, number in zip(control.values, control.numbers, strict=True)
    ]

    def paid(memory: int, transition: int) -> Fraction:
        # A horizon unrolls the memory into layers of the same tables.
        held = memory % count
        program: int = control.reward[held][classes[transition]]
        exact, values = control.values[program], read[program]
        if exact is not None:
            return exact
        if values is not None:
            return values[transition]
        return Fraction(float(floats[held, transition]))

    known = zip(control.values, read, strict=True)
    return paid, all(exact is not None or values is not None for exact, values in known)
