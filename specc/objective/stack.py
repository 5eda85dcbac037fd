"""The objective: a stack of layers, each a small language of frozen values.

Arithmetic (``Constant``, ``Apply``, ``Indicator``, ``Choice``) is shared by the number layers;
what a node may contain is said by its layer's leaves:

    signal       Native, Observation, MachineOutput, PolicyTerm, Indicator(guard)
    trajectory   Discounted, Average, Total, Extremum, Satisfaction, AutomatonSatisfaction,
                 SetFunction
    lottery      Expectation, Quantile, ConditionalValueAtRisk, Variance
    policy       PolicyProbability
    order        Scalar, Lexicographic, Constrained

``span`` fields point at the text and take no part in equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from specc.automata.automaton import Automaton
from specc.automata.formula import Formula
from specc.source import Span

__all__ = [
    "LOTTERY_LAYER",
    "TRAJECTORY_LAYER",
    "Action",
    "AllOf",
    "AnyOf",
    "Apply",
    "AutomatonSatisfaction",
    "Average",
    "Before",
    "Choice",
    "Comparison",
    "ConditionalValueAtRisk",
    "Constant",
    "Constrained",
    "Discounted",
    "Expectation",
    "Extremum",
    "Guard",
    "Here",
    "Indicator",
    "Info",
    "LabelIs",
    "Lexicographic",
    "LogDet",
    "Machine",
    "MachineOutput",
    "MachineStep",
    "Native",
    "Negation",
    "Number",
    "Objective",
    "Observation",
    "PolicyProbability",
    "PolicyTerm",
    "Quantile",
    "Satisfaction",
    "Scalar",
    "SetFunction",
    "Total",
    "Truth",
    "Variance",
    "numbers_of",
]

_NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    span: Span = field(default=_NOWHERE, compare=False, repr=False)


# -- guards: a truth value per transition (or, in upper layers, of comparisons of numbers)


@dataclass(frozen=True, slots=True)
class Truth(_Node):
    """Always, or never."""

    value: bool


@dataclass(frozen=True, slots=True)
class LabelIs(_Node):
    """A label of the environment: of the state just entered, or of the transition."""

    name: str


@dataclass(frozen=True, slots=True)
class Here(_Node):
    """The state just entered has this name."""

    state: str


@dataclass(frozen=True, slots=True)
class Action(_Node):
    """The action of this transition has this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Info(_Node):
    """``info[key]`` of a Gymnasium step is true."""

    key: str


@dataclass(frozen=True, slots=True)
class Before(_Node):
    """The guard, read on the state left; false on the first letter."""

    guard: Guard


@dataclass(frozen=True, slots=True)
class Comparison(_Node):
    """``left operator right`` with ``< <= > >= = !=``; both sides of one layer."""

    operator: str
    left: Number
    right: Number


@dataclass(frozen=True, slots=True)
class Negation(_Node):
    """Not."""

    guard: Guard


@dataclass(frozen=True, slots=True)
class AllOf(_Node):
    """And."""

    guards: tuple[Guard, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(_Node):
    """Or."""

    guards: tuple[Guard, ...]


Guard = Truth | LabelIs | Here | Action | Info | Before | Comparison | Negation | AllOf | AnyOf


# -- arithmetic


@dataclass(frozen=True, slots=True)
class Constant(_Node):
    """A rational."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Apply(_Node):
    """A function of numbers: ``+ * / ** min max abs exp log sqrt``."""

    function: str
    operands: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Indicator(_Node):
    """1 where the guard holds, else 0."""

    guard: Guard


@dataclass(frozen=True, slots=True)
class Choice(_Node):
    """``then`` where the guard holds, else ``otherwise``."""

    guard: Guard
    then: Number
    otherwise: Number


# -- signals


@dataclass(frozen=True, slots=True)
class Native(_Node):
    """A reward of the environment itself; the empty name is its only one."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Observation(_Node):
    """A component of the observation of the state just entered."""

    index: int


@dataclass(frozen=True, slots=True)
class MachineStep:
    """An edge of a reward machine; edges of a state are tried in order."""

    source: int
    guard: Guard
    target: int
    emit: Number


@dataclass(frozen=True, slots=True)
class Machine:
    """A reward machine; state 0 is initial, final states stay forever and emit 0.

    Where no edge matches, the machine goes to ``otherwise`` and emits 0 (None: it stays).
    ``reads_start``: it moves on the letter of the start state too (and emits nothing there), as
    automata do; reward machines read transitions only.
    """

    name: str
    states: tuple[str, ...]
    steps: tuple[MachineStep, ...]
    final: frozenset[int]
    otherwise: int | None = None
    reads_start: bool = False

    def __hash__(self) -> int:
        # Machines have thousands of edges, and expressions are looked up again and again.
        return hash((self.name, len(self.states), len(self.steps)))

    def __repr__(self) -> str:
        # Texts order the terms of sums; thousands of edges would be written for it.
        return f"Machine({self.name!r}, {self.states!r}, {len(self.steps)} edges)"


@dataclass(frozen=True, slots=True)
class MachineOutput(_Node):
    """What the machine emits on this transition."""

    machine: Machine


@dataclass(frozen=True, slots=True)
class PolicyTerm(_Node):
    """A function of pi(.|s) at the state left: entropy (nats), Tsallis entropy, KL divergence.

    ``order`` is Tsallis' q; ``reference`` names the policy of ``kl`` (``uniform`` or a file's).
    """

    kind: Literal["entropy", "tsallis", "kl"]
    order: Fraction | None = None
    reference: str | None = None


# -- trajectories


@dataclass(frozen=True, slots=True)
class Discounted(_Node):
    """sum over t of discount**t * signal_t, discount in [0, 1)."""

    signal: Number
    discount: Fraction


@dataclass(frozen=True, slots=True)
class Average(_Node):
    """limsup of the mean of the first N signals."""

    signal: Number


@dataclass(frozen=True, slots=True)
class Total(_Node):
    """The sum of the first ``horizon`` signals, or of all (None)."""

    signal: Number
    horizon: int | None


@dataclass(frozen=True, slots=True)
class Extremum(_Node):
    """``sup`` or ``inf`` of the signal over all transitions."""

    kind: Literal["sup", "inf"]
    signal: Number


@dataclass(frozen=True, slots=True)
class Satisfaction(_Node):
    """1 if the word satisfies the formula, else 0.

    ``meaning`` gives the guard of each atom. ``horizon`` n: LTLf on the first n letters.
    """

    formula: Formula
    meaning: tuple[tuple[str, Guard], ...]
    horizon: int | None = None


@dataclass(frozen=True, slots=True)
class AutomatonSatisfaction(_Node):
    """1 if the automaton accepts the word, else 0.

    ``signal`` is the machine that emits 1 on marked edges, where acceptance is Buechi's.
    """

    name: str
    automaton: Automaton
    meaning: tuple[tuple[str, Guard], ...]
    signal: Machine | None = None


@dataclass(frozen=True, slots=True)
class LogDet:
    """log det(I + K / noise) with the kernel exp(-|x - y|^2 / (2 length^2))."""

    length: Fraction
    noise: Fraction


@dataclass(frozen=True, slots=True)
class SetFunction(_Node):
    """A function of the set of states s_0 .. s_horizon (None: of all states ever visited)."""

    kind: Literal["coverage", "distinct", "weighted_coverage", "facility_location", "logdet"]
    horizon: int | None
    radius: int = 0
    guard: Guard | None = None  # distinct
    weight: Number | None = None  # weighted_coverage
    log_det: LogDet | None = None


# -- lotteries and policies


@dataclass(frozen=True, slots=True)
class Expectation(_Node):
    """The mean of a trajectory number; `P[phi]` is the mean of its satisfaction."""

    trajectory: Number


@dataclass(frozen=True, slots=True)
class Quantile(_Node):
    """inf{x : P(t <= x) >= level}, level in (0, 1]."""

    level: Fraction
    trajectory: Number


@dataclass(frozen=True, slots=True)
class ConditionalValueAtRisk(_Node):
    """max over c of c - E[(c - t)+] / level, level in (0, 1]."""

    level: Fraction
    trajectory: Number


@dataclass(frozen=True, slots=True)
class Variance(_Node):
    """E[t^2] - E[t]^2."""

    trajectory: Number


@dataclass(frozen=True, slots=True)
class PolicyProbability(_Node):
    """pi(action | state), also where the state is never reached."""

    action: str
    state: str


Number = (
    Constant
    | Apply
    | Indicator
    | Choice
    | Native
    | Observation
    | MachineOutput
    | PolicyTerm
    | Discounted
    | Average
    | Total
    | Extremum
    | Satisfaction
    | AutomatonSatisfaction
    | SetFunction
    | Expectation
    | Quantile
    | ConditionalValueAtRisk
    | Variance
    | PolicyProbability
)

TRAJECTORY_LAYER = (
    Discounted | Average | Total | Extremum | Satisfaction | AutomatonSatisfaction | SetFunction
)
LOTTERY_LAYER = Expectation | Quantile | ConditionalValueAtRisk | Variance


# -- orders


@dataclass(frozen=True, slots=True)
class Scalar(_Node):
    """Policies compare by one number, larger is better."""

    number: Number


@dataclass(frozen=True, slots=True)
class Lexicographic(_Node):
    """Policies compare by the first number that differs."""

    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Constrained(_Node):
    """Feasible above infeasible, infeasible all tied, feasible by ``number``."""

    number: Number
    constraints: tuple[Comparison, ...]


Objective = Scalar | Lexicographic | Constrained


def numbers_of(objective: Objective) -> tuple[Number, ...]:
    """Every number that the order compares or constrains."""
    match objective:
        case Scalar(number):
            return (number,)
        case Lexicographic(numbers):
            return numbers
        case Constrained(number, constraints):
            return (number, *(side for c in constraints for side in (c.left, c.right)))
