"""Two specs side by side: proofs that orders agree, and exact pairs that tell them apart."""

from __future__ import annotations

from fractions import Fraction

import pytest

from specc.compare import compare
from specc.diagnostics import SpecError
from specc.evaluate import evaluate
from specc.model.policy import Policy
from specc.resolve.file import Spec, load_text

CYCLE = """
env m = mdp {
  initial s0
  s0: a -> s1
      b -> s1
  s1: a -> s0
      b -> s0
}
env other = mdp { initial t
  t: go -> t }
reward r = [action = a]
reward q = [action = b]
spec paid in m = E[discounted(r, 9/10)]
spec twice in m = 2 * E[discounted(r, 9/10)] + 1
spec unpaid in m = E[discounted(-q, 9/10)]
spec against in m = E[discounted(q, 9/10)]
spec short in m = E[discounted(r, 1/2)]
spec always in m = P[X G action = a]
spec pair in m = lexicographic(E[discounted(r, 1/2)], P[X action = a])
spec elsewhere in other = P[X G action = go]
"""


@pytest.fixture(scope="module")
def specs() -> dict[str, Spec]:
    return dict(load_text(CYCLE).specs)


@pytest.mark.parametrize(
    ("one", "other", "order", "optimum"),
    [
        ("paid", "twice", True, True),
        # Where one of two actions is always taken, not paying for one is paying for the other.
        ("paid", "unpaid", True, True),
        ("paid", "against", False, False),
        ("paid", "short", False, True),
        ("paid", "always", False, True),
        ("short", "pair", False, None),
    ],
)
def test_relations(
    specs: dict[str, Spec], one: str, other: str, order: bool, optimum: bool | None
) -> None:
    found = compare(specs[one], specs[other])
    assert (found.same_order, found.same_optimum) == (order, optimum)
    assert found.why and found.why_optimum
    back = compare(specs[other], specs[one])
    assert (back.same_order, back.same_optimum) == (order, optimum)


def test_the_identity_is_named(specs: dict[str, Spec]) -> None:
    assert "`paid` = `unpaid` + 10" in compare(specs["paid"], specs["unpaid"]).why


@pytest.mark.parametrize("other", ["against", "short", "always"])
def test_policies_really_tell_them_apart(specs: dict[str, Spec], other: str) -> None:
    one, two = specs["paid"], specs[other]
    found = compare(one, two)
    assert found.policies is not None
    mdp = one.environment
    signs = []
    for spec, side in ((one, "a"), (two, "b")):
        values = []
        for witness in found.policies:
            chances = tuple(
                witness.choices[mdp.states[s]].get(mdp.actions[c], Fraction(0))
                for s in range(mdp.state_count)
                for c in mdp.choices(s)
            )
            policy = Policy(chances)
            policy.validate(mdp)
            values.append(evaluate(spec, policy).value)
            assert getattr(witness, side).value == values[-1]
        signs.append((values[0] > values[1]) - (values[0] < values[1]))
    assert signs[0] != signs[1]


def test_no_time_is_no_answer(specs: dict[str, Spec]) -> None:
    found = compare(specs["paid"], specs["unpaid"], budget=1e-9)
    assert found.same_order is None
    assert "cut short" in found.why


def test_different_environments(specs: dict[str, Spec]) -> None:
    with pytest.raises(SpecError) as caught:
        compare(specs["paid"], specs["elsewhere"])
    assert caught.value.diagnostics[0].code == "E712"
