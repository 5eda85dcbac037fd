"""A small environment for functions of several numbers of the policy, and every run of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from specc.emit.functional.meter import FunctionalMeter
from specc.emit.functional.pseudo import PseudoReward
from specc.emit.model_env import ModelEnv
from specc.emit.plan import FunctionalScheme
from specc.emit.planned import plan
from specc.emit.reading import Step, tracker
from specc.emit.step_classes import Context
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.resolve.file import Spec, TaskFile, load_text

HORIZON = 3

ROOM = """env room = mdp {
  initial s
  s: left -> 1/2 s + 1/2 t
     right -> t
  t: left -> s
     right -> 1/4 t + 3/4 u
  u: left -> u
     right -> 1/2 s + 1/2 u
  label x: t
  label y: u
}
"""


def room(text: str) -> TaskFile:
    """Specs in the room."""
    return load_text(ROOM + text)


def functional(spec: Spec) -> FunctionalScheme:
    """The scheme, which must be that of an outer function."""
    scheme = plan(spec).scheme
    assert isinstance(scheme, FunctionalScheme)
    return scheme


def leaning(mdp: Mdp, lean: Fraction) -> Policy:
    """Left with 1/2 + lean, 1/2 - lean and 1/2 + lean/2 in the three states."""
    left = [Fraction(1, 2) + part for part in (lean, -lean, lean / 2)]
    return Policy(tuple(p for chance in left for p in (chance, 1 - chance)))


def runs(mdp: Mdp, policy: Policy, steps: int = HORIZON) -> Iterator[tuple[Fraction, list[int]]]:
    """Every run of so many transitions, with its probability."""

    def grow(state: int, chance: Fraction, path: list[int]) -> Iterator[tuple[Fraction, list[int]]]:
        if len(path) == steps:
            yield chance, path
            return
        for choice in mdp.choices(state):
            for t in mdp.transitions(choice):
                next_chance = chance * policy.probabilities[choice] * mdp.probabilities[t]
                yield from grow(int(mdp.successors[t]), next_chance, [*path, t])

    for state, chance in mdp.initial:
        yield from grow(state, chance, [])


def follower(spec: Spec, pseudo: PseudoReward) -> Callable[[list[int]], tuple[float, tuple]]:  # type: ignore[type-arg]
    """A function of a path: what the meter pays in all, and the parts' numbers."""
    mdp = spec.environment
    assert isinstance(mdp, Mdp)
    env = ModelEnv(mdp)
    meter = FunctionalMeter(pseudo, Context(env, tracker(env, mdp), {}))
    ((first, _),) = mdp.initial

    def follow(path: list[int]) -> tuple[float, tuple[float, ...]]:
        meter.start(Step(None, None, first, 0.0, {}, -1, first))
        paid, before = 0.0, first
        for t in path:
            after = int(mdp.successors[t])
            step = Step(before, 0, after, 0.0, {}, t)
            paid, before = paid + meter.step(step, False, lambda: 0.5), after
        return paid, meter.numbers

    return follow
