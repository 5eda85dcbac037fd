"""Every verdict on random small tasks, judged again: translations by exact orders, refutations by
the kernel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cmp_to_key
from itertools import pairwise

import pytest
from random_tasks import task

from specc import kernel
from specc.deadline import Deadline
from specc.diagnostics import SpecError
from specc.evaluate import evaluate
from specc.evaluate.ranking import ranking
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.model.sample import sample_policies
from specc.objective.infer import infer
from specc.objective.same_order import essence
from specc.preorder import load_preorder
from specc.resolve.file import Spec, load_text
from specc.verdict.evidence import Realisation, Refutation
from specc.verdict.judge import Judgement, judge

PREORDER = load_preorder()


def _spec(text: str) -> Spec | None:
    file = load_text(text, "task.spec")
    if file.has_errors:
        return None
    return next(iter(file.specs.values()))


def _judged(spec: Spec, seconds: float) -> Judgement:
    """What is found in that time; how much that is may differ, that it is right may not."""
    deadline = Deadline.after(seconds)
    return judge(spec, infer(spec.objective), PREORDER, PREORDER.formalisms, deadline=deadline)


def _same_order(one: Spec, other: Spec, policies: Iterable[Policy]) -> int:
    """The number of policies that both rank alike; fails at a pair that they rank differently.

    Both sort the policies, and then only neighbours have to agree.
    """
    kept = []
    for policy in policies:
        try:
            kept.append((evaluate(one, policy), evaluate(other, policy)))
        except SpecError:
            continue
    order = one.objective
    ranked = [pair for pair in kept if ranking(order, pair[0], pair[0]) == 0]
    ranked.sort(key=cmp_to_key(lambda a, b: ranking(order, a[0], b[0]) or 0))
    for (a, b), (c, d) in pairwise(ranked):
        assert ranking(order, a, c) == ranking(other.objective, b, d), (a, b, c, d)
    return len(ranked)


def _check(seed: int, count: int, seconds: float) -> Counter[str]:
    """Judges one task; the verdicts counted by kind, and how many were compared."""
    spec = _spec(task(seed))
    if spec is None:
        return Counter()
    mdp = spec.environment
    assert isinstance(mdp, Mdp)
    found = _judged(spec, seconds)
    counts = Counter(verdict.verdict for verdict in found.verdicts.values())
    assert {s for s, v in found.verdicts.items() if v.verdict == "inexpressible"} >= {
        s for s, e in found.evidence.items() if isinstance(e, Refutation)
    }
    policies = sample_policies(mdp, count, seed + 1)
    for symbol, evidence in found.evidence.items():
        match evidence:
            case Refutation(formalism, _, _, statement, sha256, certificate):
                accepted = kernel.check(statement.encode(), certificate.encode())
                assert (accepted.formalism, accepted.sha256) == (formalism, sha256)
            case Realisation(translation=str() as text):
                again = _spec(text)
                assert again is not None, text
                inferred = infer(again.objective)
                constant = not essence(again.objective).components
                assert constant or PREORDER.geq(symbol, inferred.formalism), text
                counts["compared"] += _same_order(spec, again, policies)
            case _:
                counts["without text"] += 1
    return counts


def _check_all(seeds: range, count: int, seconds: float) -> Counter[str]:
    total: Counter[str] = Counter()
    for seed in seeds:
        total += _check(seed, count, seconds)
    print(dict(total))
    return total


@pytest.mark.parametrize("start", range(0, 24, 8))
def test_random_tasks(start: int) -> None:
    total = _check_all(range(start, start + 8), 60, 2)
    assert total["expressible"] > total["unknown"]


@pytest.mark.long
def test_three_hundred_random_tasks() -> None:
    """Thousands of policies each; the split of the verdicts is printed and bounded."""
    total = _check_all(range(1000, 1300), 2000, 10)
    verdicts = total["expressible"] + total["inexpressible"] + total["unknown"]
    assert total["compared"] > 100_000
    assert total["unknown"] < verdicts / 3
