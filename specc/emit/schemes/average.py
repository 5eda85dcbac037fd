"""The limit-average reward machine of a formula in a finite environment.

After Le, Wagner, Witzman, Rabinovich, Ong, "Reinforcement Learning with LTL and omega-Regular
Objectives via Optimality-Preserving Translation to Average Rewards" (NeurIPS 2024), for
environments of which one knows which transitions are possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.automata.automaton import Automaton
from specc.diagnostics import SpecError
from specc.emit.committed import Way, ways
from specc.emit.controller import edge_condition, unrolled
from specc.lower import lower
from specc.model.graph import Model
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.product import Product
from specc.solve.end_components import end_components
from specc.solve.graph import choice_sources, reachable_from, steer, transition_choices

__all__ = ["average_machine"]

BoolArray = NDArray[np.bool_]

_MOST_STATES = 200
"""How many states of the environment the guards may name: their decision diagrams are that deep."""


def average_machine(
    event: stack.Satisfaction | stack.AutomatonSatisfaction, mdp: Mdp
) -> stack.Machine:
    """The machine that pays 1 on the steps of chosen accepting cycles, else 0.

    Every maximal end component of the product that holds an accepting end component gets one
    *simple* accepting component: one action per state, all of it seen again and again, accepted.
    These actions pay. A run earns at most 1 on average, and nothing outside of such maximal
    components, and from anywhere in one its simple component is reached almost surely: so the
    greatest average is the greatest probability of the formula. A policy with finite memory that
    attains it ends, with that probability, where every step pays: in a simple component, all of
    which it sees again and again, so it satisfies the formula.

    :raises SpecError: E802 an acceptance condition that needs more than one action per state; E804
        too many states to name; E5xx, E7xx from the translation and the product.
    """
    automaton = _automaton(event)
    read = stack.AutomatonSatisfaction("formula", automaton, event.meaning, span=event.span)
    built = lower(mdp, [read]).product
    marks = built.output[:, 0]
    alternatives = ways(automaton.acceptance)
    if alternatives is None or any(len(way.again) > 1 for way in alternatives):
        raise SpecError.of(
            "E802",
            "this acceptance condition may need more than one action per state, which the scheme "
            "`average` does not remember",
            span=event.span,
            help="give the automaton a Buechi, Rabin or parity condition, or take another scheme",
        )
    paid = _paid(built.model, marks, alternatives)
    return _machine(automaton, dict(event.meaning), _named(mdp, built, paid, event))


def _automaton(event: stack.Satisfaction | stack.AutomatonSatisfaction) -> Automaton:
    if isinstance(event, stack.AutomatonSatisfaction):
        return event.automaton
    from specc.automata.translate import translate

    if event.horizon is not None:
        return unrolled(event, None)
    return translate(event.formula, "parity")


def _paid(model: Model, marks: NDArray[np.int64], alternatives: list[Way]) -> BoolArray:
    """The choices of one simple accepting component per maximal end component that has one."""
    whole = end_components(model)
    paid = np.zeros(model.choice_count, dtype=np.bool_)
    done: set[int] = set()
    for way in alternatives:
        clean = np.ones(model.choice_count, dtype=np.bool_)
        clean[transition_choices(model)[marks & way.never != 0]] = False
        parts = end_components(model, clean)
        for number in range(parts.count):
            members = parts.choices & (parts.component == number)[choice_sources(model)]
            found = _simple(model, marks, members, way)
            if found is None:
                continue
            block = int(whole.component[choice_sources(model)[np.flatnonzero(found)[0]]])
            if block not in done:
                done.add(block)
                paid |= found
    return paid


def _simple(
    model: Model, marks: NDArray[np.int64], members: BoolArray, way: Way
) -> BoolArray | None:
    """A closed, accepting choice of one action per state within an end component."""
    of, sources = transition_choices(model), choice_sources(model)
    good = members.copy()
    for mark in way.again:
        seen = np.zeros(model.choice_count, dtype=np.bool_)
        seen[of[marks >> mark & 1 == 1]] = True
        good &= seen
    if not good.any():
        return None
    last = int(np.flatnonzero(good)[0])
    target = np.zeros(model.state_count, dtype=np.bool_)
    target[sources[last]] = True
    towards = steer(model, target, members)
    policy = np.zeros(model.choice_count, dtype=np.bool_)
    policy[towards[towards >= 0]] = True
    policy[last] = True
    kept = reachable_from(model, target, policy)
    return np.asarray(policy & kept[sources])


@dataclass(frozen=True, slots=True)
class _Named:
    """The paid (state, action) pairs, by automaton state; names of the environment."""

    order: tuple[str, ...]
    pairs: Mapping[int, Mapping[str, str]]


def _named(mdp: Mdp, built: Product, paid: BoolArray, event: stack.Number) -> _Named:
    sources = choice_sources(built.model)
    pairs: dict[int, dict[str, str]] = {}
    for choice in np.flatnonzero(paid).tolist():
        node = int(sources[choice])
        held = pairs.setdefault(int(built.memory[node, 0]), {})
        held[mdp.states[int(built.state[node])]] = mdp.actions[int(built.choice_origin[choice])]
    order = tuple(dict.fromkeys(state for held in pairs.values() for state in held))
    if len(order) > _MOST_STATES:
        raise SpecError.of(
            "E804",
            f"the scheme `average` would pay in {len(order):,} states; its guards name at most "
            f"{_MOST_STATES}",
            span=event.span,
            help="take the scheme `gadget` or `two-discounts`",
        )
    return _Named(order, pairs)


def _machine(
    automaton: Automaton, meaning: Mapping[str, stack.Guard], named: _Named
) -> stack.Machine:
    order = [automaton.initial]
    order += [s for s in range(automaton.state_count) if s != automaton.initial]
    number = {state: index for index, state in enumerate(order)}
    zero, one = stack.Constant(Fraction(0)), stack.Constant(Fraction(1))
    steps: list[stack.MachineStep] = []
    for state in order:
        pays = _pays(named, state)
        for edge in automaton.edges[state]:
            condition = edge_condition(edge, automaton.atoms, meaning)
            target = number[edge.target]
            if pays is not None:
                both = stack.AllOf((pays, condition))
                steps.append(stack.MachineStep(number[state], both, target, one))
            steps.append(stack.MachineStep(number[state], condition, target, zero))
    names = tuple(f"q{state}" for state in order)
    return stack.Machine("average", names, tuple(steps), frozenset(), reads_start=True)


def _pays(named: _Named, state: int) -> stack.Guard | None:
    """Whether the transition takes a paid action. Each alternative also says which earlier states
    it is not in, so that decision diagrams do not tell impossible combinations apart."""
    held = named.pairs.get(state)
    if held is None:
        return None
    at = [stack.Before(stack.Here(name)) for name in named.order]
    ways = [
        stack.AllOf(
            (*(stack.Negation(other) for other in at[:index]), at[index], stack.Action(held[name]))
        )
        for index, name in enumerate(named.order)
        if name in held
    ]
    return stack.AnyOf(tuple(ways))
