"""``check``: everything specc can say about a file without training on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from specc.check.assertions import AssertionCheck, judge_assertion
from specc.check.plan import Plan, plan
from specc.deadline import Deadline
from specc.diagnostics import Diagnostic, SpecError
from specc.lint import machine_warnings
from specc.model.mdp import Mdp
from specc.objective.infer import Inference, infer
from specc.objective.stack import Total, numbers_of
from specc.objective.walk import leaves
from specc.preorder import Preorder, load_preorder
from specc.registry import symbols
from specc.resolve.file import Spec, TaskFile
from specc.verdict.evidence import Refutation
from specc.verdict.judge import Verdict, judge

if TYPE_CHECKING:
    from specc.emit.training import Training

_LONGEST_TRANSLATION = 5.0
"""Seconds that one formula's automaton may take before its training scheme is left open."""

_SECONDS_PER_SPEC = 3.0
"""How long verdicts are searched where no budget is given."""

_SECONDS_ASKED = 30.0
"""The same where formalisms are asked for, and for every assertion."""

_LEAST_SECONDS = 0.1

_MOST_TRANSITIONS = 200_000

__all__ = ["FileCheck", "SpecCheck", "check_file", "check_spec"]


@dataclass(frozen=True, slots=True)
class SpecCheck:
    """What is known of one spec; the fields are the JSON's.

    ``verdicts`` is keyed by the seventeen formalisms (or those asked for). ``training`` says
    which interface and scheme a learner gets, ``optimise`` which solver and what it promises.
    """

    name: str
    environment: str | None
    formalism: str
    also: tuple[str, ...]
    because: str
    verdicts: Mapping[str, Verdict]
    training: Training
    optimise: Plan


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What is known of a file: its specs and assertions, and every diagnostic.

    ``refutations`` holds the proofs, by spec and formalism, for every verdict ``inexpressible``.
    """

    specs: tuple[SpecCheck, ...]
    assertions: tuple[AssertionCheck, ...]
    diagnostics: tuple[Diagnostic, ...]
    seconds: float
    refutations: Mapping[str, Mapping[str, Refutation]]


def check_file(
    file: TaskFile,
    *,
    against: tuple[str, ...] | None = None,
    budget: float | None = None,
    seed: int = 0,
    report: Callable[[str], None] = lambda _: None,
) -> FileCheck:
    """Infer every sound spec's formalism, place it, and judge annotations and assertions.

    ``against`` limits the verdicts to these formalisms. ``budget`` (seconds) is shared by the
    specs; by default the verdicts of each may take three seconds, thirty where ``against`` asks
    for some, and each assertion thirty. What was cut short is reported as unknown or undecided,
    and says so. ``report`` is told the name of the spec at work.
    """
    started = time.perf_counter()
    allowance = _Allowance(budget, len(file.specs) + bool(file.assertions))
    preorder = load_preorder()
    inferences = {name: infer(spec.objective) for name, spec in file.specs.items()}
    found: list[SpecCheck] = []
    refutations: dict[str, Mapping[str, Refutation]] = {}
    diagnostics = list(file.diagnostics)
    for name, spec in file.specs.items():
        report(name)
        share = allowance.next(_SECONDS_PER_SPEC if against is None else _SECONDS_ASKED)
        checked, refutations[name] = _check(spec, inferences[name], preorder, against, share, seed)
        found.append(checked)
        diagnostics.extend(_annotation(spec, inferences[name], preorder))
        diagnostics.extend(_unsettled(spec))
        warned = (found.diagnostic(file.source) for found in machine_warnings(spec))
        diagnostics.extend(d for d in warned if d not in diagnostics)
    assertions = []
    for assertion in file.assertions:
        if allowance.is_used_up:
            line = file.source.position(assertion.span.start).line
            text = " ".join(file.source.slice(assertion.span).split())
            assertions.append(AssertionCheck(line, text, None, "the budget was used up"))
            continue
        report(f"the assertion of line {file.source.position(assertion.span.start).line}")
        share = allowance.next(_SECONDS_ASKED)
        assertions.append(judge_assertion(assertion, file, inferences, preorder, share))
        diagnostics.extend(_unknown_formalism(file, assertion))
    seconds = time.perf_counter() - started
    return FileCheck(tuple(found), tuple(assertions), tuple(diagnostics), seconds, refutations)


class _Allowance:
    """Seconds for each of several tasks; what one does not use is there for the others."""

    def __init__(self, budget: float | None, tasks: int) -> None:
        self._tasks, self._bound = max(1, tasks), budget
        self._deadline = Deadline.after(budget)

    def next(self, unbounded: float) -> float:
        """Seconds for the next task; ``unbounded`` where there is no bound on all."""
        if self._bound is None:
            return unbounded
        share = self._deadline.left / self._tasks
        self._tasks = max(1, self._tasks - 1)
        return max(_LEAST_SECONDS, share)

    @property
    def is_used_up(self) -> bool:
        """Whether there is a bound and it has passed."""
        return self._deadline.passed


def check_spec(
    spec: Spec,
    *,
    against: tuple[str, ...] | None = None,
    budget: float | None = None,
    seed: int = 0,
) -> SpecCheck:
    """The same for one spec.

    >>> from specc.resolve.file import load_text
    >>> check_spec(load_text("spec safe = P[G !crash]")["safe"]).formalism
    'LTL'
    """
    share = _SECONDS_PER_SPEC if budget is None else budget
    return _check(spec, infer(spec.objective), load_preorder(), against, share, seed)[0]


def _check(
    spec: Spec,
    inference: Inference,
    preorder: Preorder,
    against: tuple[str, ...] | None,
    seconds: float,
    seed: int,
) -> tuple[SpecCheck, Mapping[str, Refutation]]:
    from specc.emit.training import training

    deadline = Deadline.after(seconds)
    judged = judge(spec, inference, preorder, against or symbols(), deadline=deadline, seed=seed)
    checked = SpecCheck(
        name=spec.name,
        environment=spec.environment_name,
        formalism=inference.formalism,
        also=inference.also,
        because=inference.because(spec.source),
        verdicts=judged.verdicts,
        training=training(spec, min(seconds, _LONGEST_TRANSLATION)),
        optimise=plan(inference.objective, finite=isinstance(spec.environment, Mdp)),
    )
    return checked, judged.refutations


def _unsettled(spec: Spec) -> tuple[Diagnostic, ...]:
    """Totals without a horizon whose signal is paid again and again in the environment."""
    mdp = spec.environment
    if not isinstance(mdp, Mdp) or mdp.transition_count > _MOST_TRANSITIONS:
        return ()
    nodes = (node for number in numbers_of(spec.objective) for node in leaves(number))
    if not any(isinstance(node, Total) and node.horizon is None for node in nodes):
        return ()
    # The solvers are imported for the few specs that need them: most files are only read.
    from specc.evaluate.evaluation import placed
    from specc.optimise.means import check_totals

    try:
        check_totals(spec.objective, mdp)
    except SpecError as error:
        return placed(error, spec).diagnostics
    return ()


def _annotation(spec: Spec, inference: Inference, preorder: Preorder) -> list[Diagnostic]:
    """``: X`` after a spec is judged by inference."""
    written = spec.declaration.annotation
    if written is None:
        return []
    source, known = spec.source, symbols(extensions=True)
    if written.value not in known:
        return [_unknown(written.value, known, spec.file, written)]
    if written.value in inference.also:
        return []
    if written.value in symbols() and preorder.geq(written.value, inference.formalism) is True:
        return []
    return [
        Diagnostic(
            "E601",
            f"`{spec.name}` is declared {written.value}, but is {inference.formalism}: "
            f"{inference.reason}",
            source,
            written.span,
            help=f"write `: {inference.formalism}`, or leave the annotation out",
            secondary=((inference.span, f"this forces {inference.formalism}"),),
        )
    ]


def _unknown_formalism(file: TaskFile, assertion: object) -> list[Diagnostic]:
    from specc.syntax import tree

    assert isinstance(assertion, tree.Assertion)
    if not isinstance(assertion.claim, tree.Membership):
        return []
    written, known = assertion.claim.formalism, symbols(extensions=True)
    if written.value in known:
        return []
    return [_unknown(written.value, known, file, written)]


def _unknown(name: str, known: tuple[str, ...], file: TaskFile, place: object) -> Diagnostic:
    from specc.syntax.tree import Text

    assert isinstance(place, Text)
    nearest = get_close_matches(name.upper(), known, n=1, cutoff=0.5)
    return Diagnostic(
        "E602",
        f"unknown formalism `{name}`",
        file.source,
        place.span,
        help=f"did you mean `{nearest[0]}`?" if nearest else "there is: " + ", ".join(known),
    )
