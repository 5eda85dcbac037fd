"""Each rule where it applies, and beside it the false neighbour where it must not."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from realise_cases import question, realised

from specc.lemma import packaged_lemmas
from specc.model.mdp import Mdp
from specc.objective.infer import infer
from specc.preorder import load_preorder
from specc.resolve.file import load_text
from specc.verdict.question import Question

ONE_SHOT = """env e = mdp { initial s0
  s0: a -> s1
      b -> s2
  label g: s1
  label h: s2 }"""
CYCLE = """env e = mdp { initial s0
  s0: a -> s1
      b -> s1
  s1: a -> s0
      b -> s0
  label g: s0 a s1
  label h: s1 }"""
DELAY = """env e = mdp { initial s0
  s0: a -> s1
      b -> w
  w: a -> s1
  s1: a -> s1
      b -> s1
  label g: s1 a s1
  label h: w }"""
LOOP = """env e = mdp { initial s0
  s0: a -> s1
      b -> s0
  s1: a -> s1
  label g: s1
  label h: s0 }"""
LAYERS = """env e = mdp { initial s0
  s0: a -> 1/2 s1 + 1/2 s2
      b -> s2
  s1: a -> s3
      b -> s4
  s2: a -> s4
      b -> 1/3 s3 + 2/3 s4
  s3: a -> s3
  s4: a -> s4
      b -> s4
  label g: s3
  label h: s1 }"""
COIN = """env e = mdp { initial s0
  s0: a -> 1/2 s0 + 1/2 s1
  s1: a -> s2
      b -> s3
      c -> s1
  label g: s2
  label h: s3 }"""
BACK = """env e = mdp { initial s0
  s0: a -> 1/2 s0 + 1/2 s1
      b -> s1
  s1: a -> s0
  label g: s0
  label h: s1 }"""
TRY = """env e = mdp { initial s0
  s0: a -> 1/2 s0 + 1/4 s1 + 1/4 s2
      b -> 1/3 s0 + 2/3 s3
  s3: a -> s0
      b -> s2
  s1: a -> s1
  s2: a -> s2
      b -> s2
  label g: s1
  label h: s2 }"""
APART = """env e = mdp { initial s0
  s0: a -> s0
  s1: a -> s1
      b -> s1
  label g: s0
  label h: s1 }"""

# (environment, objective, formalism, rule); the rule yields the formalism.
YIELDS = [
    # constants: exact, graph-theoretic, and none to choose
    (COIN, "P[F from(at(s1))]", "MR", "constant"),
    (COIN, "P[F from(at(s1))]", "LTL", "constant"),
    (LOOP, "E[average([g] + [h])]", "LAR", "constant"),
    (LAYERS, "E[coverage(horizon=3)]", "MR", "constant"),
    (APART, "E[discounted([g], 0.9)] ** 2 - 3 * P[F h]", "LTL", "constant"),
    (APART, "lexicographic(P[F h], E[average([g])])", "LAR", "constant"),
    (LAYERS, "maximise P[F g] subject to P[F h] >= 3/4", "MR", "constant"),
    # facts of the environment
    (LAYERS, "maximise P[F g] subject to P[F h] <= 1/2", "LTL", "facts of the environment"),
    (LAYERS, "lexicographic(P[X X X true], P[F g])", "LTL", "facts of the environment"),
    (LAYERS, "max(P[F g], P[F g | F h] + 1)", "LTL", "facts of the environment"),
    (LAYERS, "P[F g] * P[X X X true]", "LTL", "facts of the environment"),
    (LAYERS, "(P[F h] - 1/2) ** 2", "LTL", "facts of the environment"),
    (LAYERS, "if P[F h] <= 1/2 then P[F g] else E[average([g])]", "LTL",
     "facts of the environment"),
    (ONE_SHOT, "policy(a | s0)", "LTL", "facts of the environment"),
    (BACK, "policy(a | s0) ** 2 + P[F h]", "LTL", "facts of the environment"),
    # redundant memory
    (CYCLE, "E[discounted(idle, 0.9)]", "MR", "redundant memory"),
    (LAYERS, "P[F g]", "MR", "redundant memory"),
    (ONE_SHOT, "P[F g] - 2 * E[average([h])]", "MR", "redundant memory"),
    (CYCLE, "P[X g]", "MR", "redundant memory"),
    (LAYERS, "E[discounted([h], 0.9)] + E[discounted([g], 1/2)]", "MR", "redundant memory"),
    # bounded horizon
    (CYCLE, "P[X X X g]", "RM", "bounded horizon"),
    (DELAY, "E[average([g])]", "RM", "bounded horizon"),
    (DELAY, "P[F (h & X X g)]", "RM", "bounded horizon"),
    (LAYERS, "E[max(distinct(g), sat(F h))]", "LTL", "bounded horizon"),
    # decided where it is absorbed
    (LOOP, "P[F g]", "LAR", "decided where it is absorbed"),
    (LOOP, "P[F g]**3", "LAR", "decided where it is absorbed"),
    (ONE_SHOT, "E[discounted([g], 0.9)]", "LTL", "decided where it is absorbed"),
    (LAYERS, "P[F g] + 2 * P[F G g]", "LTL", "bounded horizon"),
    (COIN, "E[average([g])]", "LTL", "decided where it is absorbed"),
    (CYCLE, "E[average(flip)]", "LAR", "decided where it is absorbed"),
    (COIN, "E[average([g])] + P[F G h]", "LAR", "decided where it is absorbed"),
    (TRY, "E[total([g & !from(g)])]", "LAR", "decided where it is absorbed"),
    (TRY, "E[total([g & !from(g)] - 2 * [h & !from(h)])]", "LAR", "decided where it is absorbed"),
    (TRY, "E[total([h & !from(h)])]", "LTL", "decided where it is absorbed"),
    # action-independent transitions
    (CYCLE, "E[discounted([g], 0.9)] + E[discounted([g], 1/2)]", "MR",
     "action-independent transitions"),
    (CYCLE, "2 * policy(a | s0) - policy(b | s1)", "MR", "action-independent transitions"),
    (CYCLE, "2 * policy(a | s0) - policy(b | s1)", "LAR", "action-independent transitions"),
    (CYCLE, "E[total([g], horizon=3)]", "LAR", "action-independent transitions"),
    # one decision
    (LOOP, "P[F g]", "RRL", "one decision"),
    (LOOP, "P[F g]", "ONMR", "one decision"),
    (COIN, "P[F g] * P[F h]", "RRL", "one decision"),
    (LOOP, "E[discounted([g], 1/2)]", "LTL", "one decision"),
    (BACK, "E[discounted([g], 0.9)] + E[discounted([g], 1/2)]", "MR", "one decision"),
    (BACK, "E[discounted([g], 0.9)] + E[discounted([g], 1/2)]", "LAR", "one decision"),
    # strong law
    (CYCLE, "policy(a | s0) * policy(a | s1)", "FTR", "strong law"),
    (CYCLE, "E[average([g])] * E[average([action = a])]", "FTR", "strong law"),
]  # fmt: skip

# (environment, objective, formalisms): none of these may be claimed.
SILENT = [
    # reach-a-goal-through-a-loop is 1 inside and 0 at the boundary
    (LOOP, "P[F g]", {"MR", "RM"}),
    # the same component, other actions on the way: not decided by where it ends
    (LAYERS, "E[discounted([action = a], 1/2)]", {"LAR"}),
    # how often it goes there and back, not where it ends
    (TRY, "E[total([h & !from(h)] + [from(at(s0)) & at(s3)])]", {"LAR", "LTL", "MR", "RM"}),
    # memory that is not redundant: xor of two choices
    (CYCLE, "P[X (g & X (action = a)) | X (!g & X (action = b))]", {"MR", "RRL", "ONMR"}),
    # a delay decides how often: the order by the second choice alone
    (DELAY, "E[average([g])]", {"MR", "RRL", "ONMR"}),
    # an average that is not constant is no formula
    (CYCLE, "E[average([g])]", {"LTL"}),
    # a bound that is met by no policy but may be missed by some
    (LAYERS, "maximise P[F g] subject to P[F h] >= 1/2", {"MR", "LTL", "LAR", "RM", "FTR"}),
    # not monotone on the values that occur
    (LOOP, "(E[discounted([g], 1/2)] - 1) ** 2", {"MR", "LTL", "LAR", "RM", "FTR"}),
    # two decisions
    (LAYERS, "P[F g] * P[F h]", {"RRL", "ONMR", "FTR", "MR"}),
    # a policy where it is never seen
    (APART, "policy(a | s1)", {"FTLR", "FTR", "MR", "TLO"}),
    # an avoidable state
    (LAYERS, "policy(a | s1)", {"FTLR"}),
    # three actions: one number does not give away the policy
    (COIN, "P[F g] * P[F h]", {"ONMR", "MR"}),
    # an end component avoids the choice
    (COIN, "P[F g] * P[F h]", {"FTR"}),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "objective", "formalism", "rule"), YIELDS)
def test_yields(environment: str, objective: str, formalism: str, rule: str) -> None:
    asked = question(environment, objective)
    found = realised(asked)
    assert formalism in found, found
    one = found[formalism]
    assert one.realiser == rule, one
    assert (one.translation is None) == (one.without_text is not None)
    if one.translation is not None:
        assert one.instances == 40
        spec = load_text(one.translation)["x"]
        said = infer(spec.objective).formalism
        assert said == formalism or (said == "MR" and rule == "constant")


@pytest.mark.parametrize(("environment", "objective", "forbidden"), SILENT)
def test_is_silent(environment: str, objective: str, forbidden: set[str]) -> None:
    found = set(realised(question(environment, objective)))
    preorder = load_preorder()
    reached = {up for low in found for up in preorder.formalisms if preorder.geq(up, low)}
    assert not reached & forbidden, found


NEGATIVE = [lemma for lemma in packaged_lemmas() if lemma.kind == "negative"]
WITNESSED = [lemma for lemma in NEGATIVE if lemma.witness and lemma.witness.specification]


@pytest.mark.parametrize("lemma", WITNESSED, ids=lambda lemma: lemma.id)
def test_no_rule_says_what_a_lemma_refutes(lemma) -> None:  # type: ignore[no-untyped-def]
    (spec,) = load_text(lemma.witness.specification).specs.values()
    assert isinstance(spec.environment, Mdp)
    preorder = load_preorder(extensions=True)
    found = realised(Question(spec, spec.environment))
    assert [f for f in found if preorder.geq(lemma.upper, f) is True] == []


def test_lemmas_were_tried() -> None:
    assert len(WITNESSED) >= 15


def test_the_regulariser_of_one_decision() -> None:
    """The value that the proof constructs is the objective's, vertices of other states included."""
    asked = question(BACK, "P[X X X h] ** 2 - E[average([g])]")
    assert {"RRL", "ONMR"} <= set(realised(asked))
    visits = question(BACK, "E[discounted([from(at(s0))], 1/2)]")
    first = question(BACK, "E[discounted([from(at(s0)) & action = a], 1/2)]")
    policies = asked.sample(40)

    def value(of: Question, number: int) -> Fraction:
        found = of.evaluation(policies[number]).value
        assert found is not None
        return found

    rewards = {}
    for number, policy in enumerate(policies):
        taken = policy.probabilities[0]
        if taken in {0, 1}:
            rewards[taken] = value(asked, number) / value(visits, number)
    assert set(rewards) == {0, 1}
    regulariser: dict[Fraction, Fraction] = {Fraction(0): Fraction(0), Fraction(1): Fraction(0)}
    for number, policy in enumerate(policies):
        taken = policy.probabilities[0]
        mixed = taken * rewards[Fraction(1)] + (1 - taken) * rewards[Fraction(0)]
        if taken not in {0, 1}:
            bonus = value(asked, number) / value(visits, number) - mixed
            assert regulariser.setdefault(taken, bonus) == bonus
        paid = value(visits, number) * (mixed + regulariser[taken])
        assert paid == value(asked, number)
    by_chance = sorted((p.probabilities[0], value(first, n)) for n, p in enumerate(policies))
    assert all((a < b) == (x < y) for (a, x), (b, y) in pairwise(by_chance))


def test_a_large_environment_is_answered() -> None:
    rows = "\n".join("    " + ("@" if row == 0 else ".") + "." * 58 + "g" for row in range(60))
    grid = (
        f'env e = grid {{\n  map """\n{rows}\n  """\n'
        "  legend { g: g @: start }\n  actions north south east west\n  slip 1/10 }"
    )
    text = f"{grid}\nspec x in e = E[average([g])] + 0 * P[X X g]\n"
    spec = load_text(text)["x"]
    assert isinstance(spec.environment, Mdp)
    assert "MR" not in realised(Question(spec, spec.environment))


def test_a_function_of_a_formula_that_is_a_markov_value() -> None:
    found = realised(question(ONE_SHOT, "-(P[X g] - 1/2) ** 2"))
    assert "ONMR" in found
    text = found["ONMR"].translation
    assert text is not None
    assert infer(load_text(text)["x"].objective).formalism == "ONMR"
    # Its number jumps where a is never taken, and no Markov value does; two numbers are not one.
    assert "a function of one Markov value" not in {
        r.realiser for r in realised(question(LOOP, "-(P[F g] - 1/2) ** 2")).values()
    }
    assert "ONMR" not in realised(question(CYCLE, "P[X g] * P[X X X g]"))
