"""Counterexamples that once broke a verdict, or that took far longer than they were given."""

from __future__ import annotations

import time

import pytest

from specc.deadline import Deadline, OutOfTime, keep_to, poll
from specc.objective.infer import infer
from specc.preorder import load_preorder
from specc.resolve.file import Spec, load_text
from specc.verdict.judge import judge

PREORDER = load_preorder()
LOOP = """env e = mdp {
  initial s0
  s0: a -> s1
      b -> s0
  s1: a -> s1
  label g: s1
}
"""


def _spec(objective: str) -> Spec:
    return load_text(f"{LOOP}spec x in e = {objective}\n", "attack.spec")["x"]


def _verdict(objective: str, formalism: str) -> str:
    spec = _spec(objective)
    found = judge(spec, infer(spec.objective), PREORDER, [formalism])
    return found.verdicts[formalism].verdict


@pytest.mark.parametrize(
    "objective",
    [
        "log(P[F g]) - log(E[discounted([g], 1/2)])",
        "log(P[F g]) * E[discounted([g], 1/2)]",
        "E[log(sup([g])) - log(inf([g]))]",
        "if log(P[F g]) - log(E[discounted([g], 1/2)]) > 0 then 1 else 0",
        "maximise P[F g] subject to log(P[F g]) - log(E[discounted([g], 1/2)]) >= 0",
    ],
)
@pytest.mark.parametrize("formalism", ["RRL", "ONMR"])
def test_no_order_is_realised_where_infinite_values_meet(objective: str, formalism: str) -> None:
    """A policy that never takes `a` has no value at all: no order of all policies to express."""
    assert _verdict(objective, formalism) == "unknown"


@pytest.mark.parametrize(
    "objective",
    [
        "log(P[F g])",
        "log(P[F g]) + log(E[discounted([g], 1/2)])",
        "2 * log(P[F g])",
        "P[F g] - 3 * log(E[discounted([g], 1/2)])",
    ],
)
def test_one_infinite_value_is_a_value(objective: str) -> None:
    assert _verdict(objective, "RRL") == "expressible"


@pytest.mark.parametrize(
    "objective",
    [
        "max(log(P[F g]), -5)",
        "if P[F g] > 0 then 1 / P[F g] else 0",
        "E[log(discounted([g], 1/2))]",
        "E[exp(discounted([g], 1/2))]",
        "P[X X g] + P[F g]",
    ],
)
def test_the_deadline_is_kept(objective: str) -> None:
    spec = _spec(objective)
    started = time.monotonic()
    found = judge(
        spec, infer(spec.objective), PREORDER, PREORDER.formalisms, deadline=Deadline.after(1)
    )
    assert time.monotonic() - started < 5
    assert found.verdicts["PO"].verdict == "expressible"


def test_the_innermost_deadline_is_never_later_than_those_around_it() -> None:
    poll()
    with keep_to(Deadline.after(-1)), keep_to(Deadline.after(60)), pytest.raises(OutOfTime):
        poll()
    with keep_to(Deadline.after(60)):
        with keep_to(Deadline.after(-1)), pytest.raises(OutOfTime):
            poll()
        poll()
    poll()
