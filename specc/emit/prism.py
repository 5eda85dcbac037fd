"""The product of an environment with a reward's memory in the PRISM language, and what to ask.

Kwiatkowska, Norman, Parker, "PRISM 4.0: Verification of Probabilistic Real-Time Systems" (CAV
2011); Storm reads the same language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from specc.diagnostics import SpecError
from specc.emit.prism_question import Question, question, summed
from specc.emit.tables import product_tables
from specc.model.mdp import Mdp

if TYPE_CHECKING:
    from specc.emit.tables import Product
    from specc.resolve.file import Spec

__all__ = ["prism_losses", "prism_text"]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_KEYWORDS = re.compile(
    r"A|bool|clock|const|ctmc|C|double|dtmc|E|endinit|endinvariant|endmodule|endobservables|"
    r"endrewards|endsystem|false|formula|filter|func|F|global|G|init|invariant|I|int|label|"
    r"max|mdp|min|module|X|nondeterministic|observable|observables|of|Pmax|Pmin|P|pomdp|"
    r"popta|probabilistic|prob|pta|rate|rewards|Rmax|Rmin|R|S|stochastic|system|true|U|W"
)
_MOST_OUTCOMES = 2_000_000


def prism_losses(mdp: Mdp) -> tuple[str, ...]:
    """What the language cannot say about a product with this environment, for people."""
    return tuple(
        f"the transition label `{name}` is left out"
        for name, label in mdp.labels.items()
        if label.on == "transition"
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A node (state, memory) and whether an accepting edge leads there, with its chance, and what
    it pays."""

    node: int
    accepting: bool
    chance: Fraction
    gain: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class _Command:
    """An action of a node, and what it pays on average; without outcomes it leads to `over`."""

    node: int
    action: str
    outcomes: tuple[_Outcome, ...]
    paid: Fraction


def prism_text(spec: Spec) -> str:
    """The model: `x` is the environment's state, `m` the memory of the reward.

    Rewards depend on the action only: each is the expectation over next states, so expected values
    are as before. A discount, and the chance by which a scheme ends episodes, are chances to enter
    the state `over`. A drawn start is an action of a state of its own. All numbers are exact.

    :raises SpecError: E804 too large, E812 a reward that no property of this language sums up; else
        as :func:`specc.emit.tables.product_tables`.

    >>> from specc.resolve.file import load_text
    >>> spec = load_text('''
    ... env coin = mdp { initial s
    ...   s: flip -> 1/2 t + 1/2 s
    ...   t: stay -> t
    ...   label goal: t }
    ... spec reach in coin = P[F goal]
    ... ''')["reach"]
    >>> [line for line in prism_text(spec).splitlines() if line.startswith("// Pmax")]
    ['// Pmax=? [ F "satisfied" ]']
    """
    made = product_tables(spec)
    if len(made.targets) > _MOST_OUTCOMES:
        raise SpecError.of(
            "E804",
            f"the model would have more than {_MOST_OUTCOMES:,} outcomes",
            help="a smaller horizon or a smaller environment",
        )
    asked = question(spec, made)
    commands = list(_commands(made, asked))
    gains = [outcome.gain for command in commands for outcome in command.outcomes]
    asked = summed(asked, made, [command.paid for command in commands], gains)
    if asked.stops:
        commands = [replace(command, paid=Fraction(0)) for command in commands]
        commands += [_Command(node, "stop", (), worth) for node, worth in asked.stops.items()]
    words = _words(command.action for command in commands)
    parts = (
        _heading(spec, asked, words),
        _module(made, asked, commands, words),
        _rewards(made, asked, commands, words),
        _labels(made, asked),
        [f"// x={number}: {name}" for number, name in enumerate(made.mdp.states)],
    )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _heading(spec: Spec, asked: Question, words: Mapping[str, str]) -> list[str]:
    renamed = [f"The action {word} is `{name}`." for name, word in words.items() if name != word]
    lines = [f"{spec.name} = {spec.text}", "", "The property to check:", "", asked.text, ""]
    return [f"// {line}".rstrip() for line in (*lines, *asked.told, *renamed)] + ["", "mdp"]


def _commands(made: Product, asked: Question) -> Iterator[_Command]:
    mdp = made.mdp
    place = 0
    for node, (state, memory) in enumerate(made.nodes):
        for choice in mdp.choices(state):
            outcomes, paid = [], Fraction(0)
            for t in mdp.transitions(choice):
                chance, hit = mdp.probabilities[t], bool(made.pays_one[place])
                reward = asked.reward(memory, t) if made.rewards[place] else Fraction(0)
                stays = asked.continues
                if hit:
                    reward = 1 - asked.zeta + asked.zeta * reward
                    stays *= asked.zeta if asked.drawn else 1
                paid += chance * reward
                outcomes.append(_Outcome(int(made.targets[place]), hit, chance * stays, reward))
                place += 1
            yield _Command(node, mdp.actions[choice], tuple(outcomes), paid)
        for number, _ in enumerate(made.jumps[memory]):
            onward = _Outcome(int(made.targets[place]), False, asked.continues)
            yield _Command(node, f"jump {number}", (onward,), Fraction(0))
            place += 1


def _module(
    made: Product, asked: Question, commands: Sequence[_Command], words: Mapping[str, str]
) -> list[str]:
    states = made.mdp.state_count
    drawn = len(made.initial) > 1
    begin = (states + 1, 0) if drawn else made.nodes[int(made.initial[0])]
    top = states + 1 if drawn else states
    lines = [
        "module product",
        f"  x : [0..{top}] init {begin[0]}; // the state; {states}: over",
        f"  m : [0..{max(made.memories - 1, 1)}] init {begin[1]}; // the memory of the reward",
    ]
    if asked.marks:
        lines.append("  hit : bool init false; // whether an accepting edge was just taken")
    if drawn:
        starts = zip(made.initial.tolist(), made.mdp.initial, strict=True)
        lines.append(f"  [] x={top} -> {_updates(made, asked, _drawn(starts))};")
    lines += [
        f"  [{words[command.action]}] {_at(made, command.node)} -> "
        f"{_updates(made, asked, command.outcomes)};"
        for command in commands
    ]
    return [*lines, f"  [] x={states} -> true;", "endmodule"]


def _drawn(starts: Iterable[tuple[int, tuple[int, Fraction]]]) -> list[_Outcome]:
    return [_Outcome(node, False, chance) for node, (_, chance) in starts]


def _updates(made: Product, asked: Question, outcomes: Sequence[_Outcome]) -> str:
    """The outcomes, equal ones together, and what is missing to 1 as the way to `over`."""
    chances: dict[str, Fraction] = {}
    for outcome in outcomes:
        state, memory = made.nodes[outcome.node]
        where = f"(x'={state})&(m'={memory})"
        if asked.marks:
            where += f"&(hit'={'true' if outcome.accepting else 'false'})"
        chances[where] = chances.get(where, Fraction(0)) + outcome.chance
    rest = 1 - sum(chances.values(), Fraction(0))
    if rest:
        chances[f"(x'={made.mdp.state_count})&(m'=0)"] = rest
    return " + ".join(f"{_number(chance)}:{where}" for where, chance in chances.items() if chance)


def _number(value: Fraction) -> str:
    """The number, exact; integers beyond 64 bits need a point."""
    parts = [f"{part}.0" if abs(part) >= 2**62 else str(part) for part in value.as_integer_ratio()]
    return parts[0] if value.denominator == 1 else "/".join(parts)


def _at(made: Product, node: int) -> str:
    state, memory = made.nodes[node]
    return f"x={state}&m={memory}"


def _rewards(
    made: Product, asked: Question, commands: Sequence[_Command], words: Mapping[str, str]
) -> list[str]:
    sign = -1 if asked.structure == "loss" else 1
    lines = [
        f"  [{words[command.action]}] {_at(made, command.node)} : {_number(sign * command.paid)};"
        for command in commands
        if command.paid
    ]
    return [f'rewards "{asked.structure}"', *(lines or ["  true : 0;"]), "endrewards"]


def _labels(made: Product, asked: Question) -> list[str]:
    """The labels of the question, and those of the environment."""
    own = {"over": _or([f"x={made.mdp.state_count}", *_nodes(made, asked.over)])}
    if asked.verdict:
        for name, wanted in (("satisfied", True), ("violated", False)):
            held = [m for m, known in enumerate(asked.verdict) if known is wanted]
            own[name] = f"x<{made.mdp.state_count}&({_among('m', held)})"
    if asked.marks:
        own["accepting"] = "hit"
    lines = [f'label "{name}" = {condition};' for name, condition in own.items()]
    taken = {*own, "init", "deadlock"}
    for name, label in made.mdp.labels.items():
        if label.on == "state":
            word = _word(name, taken)
            taken.add(word)
            where = _among("x", np.flatnonzero(label.holds).tolist())
            lines.append(f'label "{word}" = {where};' + (f" // {name}" if word != name else ""))
    return lines


def _nodes(made: Product, nodes: Sequence[int]) -> list[str]:
    """Conditions, one of which holds at these nodes."""
    states: dict[int, list[int]] = {}
    for node in nodes:
        state, memory = made.nodes[node]
        states.setdefault(memory, []).append(state)
    return [f"(m={memory}&({_among('x', held)}))" for memory, held in states.items()]


def _or(conditions: Sequence[str]) -> str:
    return "|".join(conditions)


def _among(variable: str, numbers: Sequence[int]) -> str:
    """A condition that holds at these numbers, in ranges."""
    parts = []
    for _, run in groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0]):
        held = [number for _, number in run]
        first, last = held[0], held[-1]
        parts.append(
            f"{variable}={first}" if first == last else f"({variable}>={first}&{variable}<={last})"
        )
    return "|".join(parts) or "false"


def _words(names: Iterable[str]) -> dict[str, str]:
    """A different word of the language for every name."""
    words: dict[str, str] = {}
    for name in names:
        if name not in words:
            words[name] = _word(name, set(words.values()))
    return words


def _word(name: str, taken: set[str]) -> str:
    word = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not _WORD.fullmatch(word) or _KEYWORDS.fullmatch(word):
        word = f"a_{word}"
    fresh, number = word, 1
    while fresh in taken:
        number += 1
        fresh = f"{word}_{number}"
    return fresh
