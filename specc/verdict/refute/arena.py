"""Where refuters search: one statement, read by the kernel's own code, and policies of few words.

Comparisons are the kernel's, so that what a search finds is what the kernel will check; still
nothing is returned that :func:`specc.kernel.check` has not accepted as a whole.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cmp_to_key
from typing import Any, TypeVar

from specc import kernel
from specc.deadline import Deadline
from specc.diagnostics import SpecError
from specc.kernel.arithmetic import minus
from specc.kernel.germ import Germ, Number
from specc.kernel.logs import Value, value_sign
from specc.kernel.statement import Environment, Policy, Statement
from specc.kernel.values import Valuation
from specc.objective import stack
from specc.objective.same_order import essence
from specc.resolve.file import Spec
from specc.statement import compact, statement
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question

__all__ = ["Arena", "Plan", "Undecided", "arena_of", "first_found", "plan_of", "written"]

Plan = tuple[tuple[str, tuple[tuple[str, Number], ...]], ...]
"""A policy, as the states where it does not just take the first action, in order of names."""


Case = TypeVar("Case")


class Undecided(Exception):
    """The kernel does not compare two policies, or gives one no value."""


class _Rows(dict[str, Mapping[str, Number]]):
    """A kernel's policy that is stored sparsely; lookups fall back to the first action."""

    def __init__(self, rows: Mapping[str, Mapping[str, Number]], first: Mapping[str, str]) -> None:
        super().__init__(rows)
        self._first = first

    def __missing__(self, state: str) -> Mapping[str, Number]:
        return {self._first[state]: Fraction(1)}


@dataclass(slots=True, eq=False)
class Arena:
    """``content`` is the statement as JSON, ``claim`` as the kernel read it, for some formalism.

    ``note`` says where the statement is about another number than the spec's, of the same order.
    """

    content: dict[str, Any]
    claim: Statement
    seed: int
    deadline: Deadline
    first: Mapping[str, str]
    note: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    _worth: dict[Plan, tuple[bool, tuple[Value, ...]] | None] = field(default_factory=dict)

    @property
    def environment(self) -> Environment:
        """The environment as the kernel sees it."""
        return self.claim.environment

    def random(self, purpose: str) -> random.Random:
        """A generator of its own for every purpose: the same one at every call."""
        return random.Random(f"{self.seed} {purpose}")

    def policy(self, plan: Plan) -> Policy:
        """The plan as the kernel's code takes it."""
        return _Rows({state: dict(row) for state, row in plan}, self.first)

    def worth(self, plan: Plan) -> tuple[bool, tuple[Value, ...]]:
        """Whether it meets the constraints, and its numbers. Raises Undecided."""
        if plan not in self._worth:
            self._worth[plan] = self._evaluated(plan)
        found = self._worth[plan]
        if found is None:
            raise Undecided
        return found

    def _evaluated(self, plan: Plan) -> tuple[bool, tuple[Value, ...]] | None:
        spec = self.claim.spec
        valuation = Valuation(self.environment, spec, self.policy(plan))
        try:
            feasible = all(map(valuation.condition, spec.constraints))
            return feasible, tuple(map(valuation.value, spec.numbers))
        except (kernel.KernelError, ZeroDivisionError):
            return None

    def compare(self, one: Plan, other: Plan) -> int:
        """1, 0 or -1 as the first is above, tied with or below the second. Raises Undecided."""
        (feasible, values), (too, others) = self.worth(one), self.worth(other)
        if not (feasible and too):
            return feasible - too
        try:
            for left, right in zip(values, others, strict=True):
                if found := value_sign(minus(left, right)):
                    return found
        except kernel.KernelError:
            raise Undecided from None
        return 0

    def ranked(self, plans: Iterable[Plan]) -> list[list[Plan]]:
        """The policies that have a value in groups of ties, the best group first."""
        able = [plan for plan in dict.fromkeys(plans) if self._able(plan)]
        able.sort(key=cmp_to_key(self.compare), reverse=True)
        groups: list[list[Plan]] = []
        for plan in able:
            if groups and self.compare(groups[-1][0], plan) == 0:
                groups[-1].append(plan)
            else:
                groups.append([plan])
        return groups

    def _able(self, plan: Plan) -> bool:
        try:
            self.worth(plan)
        except Undecided:
            return False
        return True

    def submit(self, formalism: str, kind: str, why: str, **fields: Any) -> Refutation | None:
        """The refutation, if the kernel accepts it."""
        certificate = compact({"format": "specc-certificate-1", "kind": kind, **fields})
        document = compact({**self.content, "formalism": formalism})
        try:
            accepted = kernel.check(document.encode("ascii"), certificate.encode("ascii"))
        except kernel.KernelError:
            return None
        return Refutation(
            formalism, kind, f"{self.note}{why}", document, accepted.sha256, certificate
        )


def arena_of(question: Question) -> Arena | None:
    """The question's arena, made once; None where the kernel refuses the statement (too large,
    say). Raises SpecError E910 where its language lacks a construct of the spec."""
    if "arena" not in question.notes:
        question.notes["arena"] = _made(question)
    found = question.notes["arena"]
    assert found is None or isinstance(found, Arena)
    return found


def _made(question: Question) -> Arena | None:
    content, note = _content(question.spec)
    try:
        claim = kernel.read_statement(compact(content).encode("ascii"))
    except kernel.KernelError:
        return None
    first = {state: min(moves) for state, moves in claim.environment.moves.items()}
    return Arena(content, claim, question.seed, question.deadline, first, note)


def _content(spec: Spec) -> tuple[dict[str, Any], str]:
    """The statement; where the kernel has no words for the objective, of what its order depends on:
    the numbers inside strictly increasing functions (certified by the ranges of their values)."""
    try:
        return statement(spec, "FTR"), ""
    except SpecError as error:
        core = essence(spec.objective)
        if core.constraints or not core.components:
            raise
        numbers = core.components
        inner = stack.Scalar(numbers[0]) if len(numbers) == 1 else stack.Lexicographic(numbers)
        try:
            content = statement(replace(spec, objective=inner), "FTR")
        except SpecError:
            raise error from None
        return content, "; all this of the number inside its strictly monotone function"


def first_found(
    arena: Arena, cases: Iterable[Case], attempt: Callable[[Case], Refutation | None]
) -> Refutation | None:
    """The first refutation that an attempt finds before the deadline; a case in which the kernel
    compares nothing, or refuses a limit, is passed over."""
    for case in cases:
        if arena.deadline.passed:
            return None
        try:
            if found := attempt(case):
                return found
        except (Undecided, kernel.KernelError):
            continue
    return None


def plan_of(rows: Mapping[str, Mapping[str, Number]]) -> Plan:
    """The canonical form: zeros dropped, everything in order of names."""
    return tuple(
        (state, tuple((a, p) for a, p in sorted(rows[state].items()) if p != 0))
        for state in sorted(rows)
    )


def written(plans: Sequence[Plan]) -> list[dict[str, dict[str, Any]]]:
    """Policies as a certificate lists them."""
    return [{state: {a: _text(p) for a, p in row} for state, row in plan} for plan in plans]


def _text(chance: Number) -> str | list[str]:
    if isinstance(chance, Germ):
        return [str(c) for c in chance.above]  # polynomials only: what is below is 1
    return str(chance)
