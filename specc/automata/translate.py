"""Formula to deterministic automaton, within a budget, and checked before it is believed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, overload

from specc.automata.automaton import Automaton
from specc.automata.buchi import deterministic_buchi
from specc.automata.formula import Atom, Connective, Formula, atoms, show
from specc.automata.judge import agrees
from specc.automata.limit import LimitDeterministic, limit_deterministic
from specc.automata.prefixes import Classification, classify_automaton, deciding_automaton
from specc.automata.remote import TimeOut, WorkerDied, ask
from specc.automata.spot import Kind, Level, TooLarge, spot_text, spot_translate
from specc.automata.wire import from_wire
from specc.diagnostics import MissingExtra, SpecError

__all__ = ["Acceptances", "Budget", "classify_formula", "translate"]

Acceptances = Literal["generic", "parity", "buchi", "dfa", "ldba"]

Deterministic = Literal["generic", "parity", "buchi", "dfa"]

# Cheap settings first. Where generic acceptance may not be split, parity is often smaller.
_SETTINGS: dict[Kind, tuple[tuple[Kind, Level], ...]] = {
    "generic": (("parity", "low"), ("generic", "low"), ("generic", "high"), ("parity", "high")),
    "parity": (("parity", "low"), ("parity", "high")),
}
_MAXIMUM_NODES = 20_000
_MAXIMUM_DEPTH = 300
_SMALL_OPERATORS = 8
_SMALL_ATOMS = 4


@dataclass(frozen=True, slots=True)
class Budget:
    """What one translation may cost: seconds of wall time, and states of the automaton."""

    seconds: float = 20.0
    states: int = 20_000


class _Failure(Exception):
    """The translator itself failed on this setting."""


@overload
def translate(
    formula: Formula, acceptance: Deterministic = "generic", budget: Budget | None = None
) -> Automaton: ...
@overload
def translate(
    formula: Formula, acceptance: Literal["ldba"], budget: Budget | None = None
) -> LimitDeterministic: ...
def translate(
    formula: Formula, acceptance: Acceptances = "generic", budget: Budget | None = None
) -> Automaton | LimitDeterministic:
    """A transition-based automaton of the formula; deterministic and complete but for ``ldba``.

    Its atoms are ``atoms(formula)`` in that order. ``generic`` is any Emerson-Lei condition,
    ``parity`` is "parity max even", ``buchi`` is ``Inf(0)``; ``dfa`` is ``Inf(0)`` on an accepting
    sink for a co-safe formula, ``Fin(0)`` on a rejecting sink for a safe one (see
    :func:`specc.automata.prefixes.deciding_automaton`); ``ldba`` see
    :class:`specc.automata.limit.LimitDeterministic`. The automaton has been compared with the
    formula's meaning on sampled words. Equal questions are answered from memory.

    :raises SpecError: E501 the budget is overrun, E502 the formula is too large, E503 the
        translator gave wrong automata, E505 no deterministic Buechi automaton exists, E506 the
        formula is neither co-safe nor safe.
    :raises MissingExtra: Spot is not installed.

    >>> from specc.automata.formula import Atom
    >>> translate(Connective("F", (Atom("a"),)), "dfa").state_count
    2
    """
    _check_size(formula)
    budget = budget or Budget()
    if acceptance in ("generic", "parity"):
        return _translate(formula, acceptance, budget)
    parity = _translate(formula, "parity", budget)
    if acceptance == "ldba":
        return limit_deterministic(parity)
    result = deterministic_buchi(parity) if acceptance == "buchi" else deciding_automaton(parity)
    if result is None:
        raise _no_such_automaton(formula, acceptance)
    return result


def classify_formula(formula: Formula, budget: Budget | None = None) -> Classification:
    """Where the formula's language stands: safe, co-safe, recurrence, ..., bounded.

    Decided on the automaton, so it does not depend on how the formula is written.

    :raises SpecError: E501, E502, E503 as :func:`translate`.

    >>> from specc.automata.formula import Atom
    >>> classify_formula(Connective("X", (Atom("a"),))).bounded_horizon
    2
    """
    return classify_automaton(translate(formula, "parity", budget))


def _no_such_automaton(formula: Formula, acceptance: Acceptances) -> SpecError:
    text = show(formula)[:200]
    if acceptance == "buchi":
        return SpecError.of(
            "E505",
            f"no deterministic Buechi automaton has the language of `{text}`",
            help="ask for `ldba`, `parity` or `generic`",
        )
    return SpecError.of(
        "E506",
        f"no finite prefix decides `{text}`: it is neither co-safe nor safe",
        help="ask for `buchi`, `ldba`, `parity` or `generic`",
    )


@lru_cache(maxsize=512)
def _translate(formula: Formula, acceptance: Kind, budget: Budget) -> Automaton:
    deadline = time.monotonic() + budget.seconds
    text = spot_text(formula, atoms(formula))
    first = 0.0
    best: Automaton | None = None
    overrun: Exception | None = None
    for kind, level in _SETTINGS[acceptance]:
        started = time.monotonic()
        left = deadline - started
        if best is not None:
            # A harder setting may take a thousand times as long and save nothing.
            left = min(left, max(0.3, 4 * first))
            if best.state_count == 1:
                break
        try:
            automaton = _attempt(formula, text, kind, level, budget, left)
        except (TimeOut, WorkerDied, TooLarge) as reason:
            overrun = overrun or reason
            continue
        except _Failure:
            continue
        if agrees(automaton, formula):
            first = first or time.monotonic() - started
            best = automaton if best is None else min(best, automaton, key=_size)
    if best is not None:
        return best
    if overrun is not None:
        raise _overrun(formula, budget, overrun)
    raise SpecError.of(
        "E503",
        f"the translator's automata for `{show(formula)[:200]}` disagree with its meaning",
        help="please report this formula; an equivalent one may work",
    )


def _attempt(
    formula: Formula, text: str, kind: Kind, level: Level, budget: Budget, seconds: float
) -> Automaton:
    names = atoms(formula)
    if _operators(formula) <= _SMALL_OPERATORS and len(names) <= _SMALL_ATOMS:
        return spot_translate(text, names, kind, level, budget.states)
    request: dict[str, Any] = {
        "formula": text,
        "atoms": len(names),
        "kind": kind,
        "level": level,
        "states": budget.states,
    }
    if seconds <= 0:
        raise TimeOut
    answer = ask(request, seconds)
    match answer.get("error"):
        case None:
            return from_wire(answer["automaton"], names)
        case "too large":
            raise TooLarge
        case "missing":
            raise MissingExtra(answer["message"])
        case "memory":
            raise WorkerDied
        case _:
            raise _Failure(answer["message"])


def _size(automaton: Automaton) -> tuple[int, int, int]:
    return (
        automaton.state_count,
        automaton.mark_count,
        sum(len(row) for row in automaton.edges),
    )


def _overrun(formula: Formula, budget: Budget, overrun: Exception) -> SpecError:
    if isinstance(overrun, TooLarge):
        what = f"more than {budget.states} states"
    elif isinstance(overrun, TimeOut):
        what = f"more than {budget.seconds:g} seconds"
    else:
        what = "more memory than there is"
    return SpecError.of(
        "E501",
        f"the automaton of `{show(formula)[:200]}` takes {what}",
        help="split the formula, name fewer propositions, or raise the budget (`--budget 60s`)",
    )


def _check_size(formula: Formula) -> None:
    count = 0
    pending = [(formula, 1)]
    while pending:
        node, depth = pending.pop()
        count += 1
        if depth > _MAXIMUM_DEPTH or count > _MAXIMUM_NODES:
            raise SpecError.of(
                "E502",
                f"the formula has more than {_MAXIMUM_NODES} operators or is nested deeper than"
                f" {_MAXIMUM_DEPTH}",
                help="split the formula",
            )
        if isinstance(node, Connective):
            pending.extend((operand, depth + 1) for operand in node.operands)


def _operators(formula: Formula) -> int:
    count = 0
    pending = [formula]
    while pending:
        node = pending.pop()
        if isinstance(node, Connective):
            count += len(node.operands) - 1 if len(node.operands) > 1 else 1
            pending.extend(node.operands)
        elif isinstance(node, Atom):
            continue
    return count
