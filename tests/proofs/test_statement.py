"""The kernel's statement of a spec says what the spec says."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from fractions import Fraction

import pytest

from specc.diagnostics import SpecError
from specc.evaluate import evaluate
from specc.kernel import read_statement
from specc.kernel.statement import read_policy
from specc.kernel.values import Valuation
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.resolve.file import Spec, load_text
from specc.statement import compact, statement

ENVIRONMENT = """\
env m = mdp {
  initial s0
  s0: a -> 1/3 s0 + 2/3 s1
      b -> s2
  s1: a -> s0
      b -> 1/2 s1 + 1/2 s2
  s2: a -> s2
      c -> s0
  label goal: s1
  label home: s0, s2
  label jump: s0 a s1
}
machine run {
  states fresh seen
  fresh -> seen when goal emit 1/2
  seen -> fresh when jump emit if home then 3 else [action = a]
  seen -> gone when action = c emit -1
  final gone
}
reward r = 2 * [goal] - [from(home) & !(action = a)] + (if jump then 1/3 else 0)
"""
NUMBERS = [
    "E[discounted(r, 0.9)]",
    "E[discounted(r, 1/2) + 3 * discounted(r * [goal], 1/3) - 1/4] / 7",
    "E[discounted(run, 1/2)]",
    "E[average(run + [at(s1)])]",
    "E[average(max(r, 1/2, -r) ** 2)]",
    "E[total(r, horizon=3)]",
    "P[F goal & G F home]",
    "P[(home U jump) -> X X (action = c)]",
    "P[!goal W from(goal)] * P[home R !jump]",
    "P[goal M home <-> X (action = b)]",
    "(E[discounted(r, 1/2)] - 1/3) ** 2",
    "1 / (2 + P[X goal]) ** 2 + (2 + P[X goal]) ** -1",
    "min(P[X goal], policy(a | s0), abs(E[discounted(r, 1/2)]))",
    "if P[X goal] >= 1/3 & !(P[X jump] = 1/2) then E[average(r)] else [P[X jump] > 1/4]",
    "E[discounted(tsallis(3) + [goal], 1/2)]",
    "P[LTLf[3](F goal)] - P[LTLf[4](G (home -> X !goal))] / 3",
    "P[LTLf[4](home U jump | goal R home | X X X X goal)] + P[LTLf[1](X home)]",
    "E[sup(r)] + E[inf(r)] / 2",
    "E[sup(run + r)]",
    "E[coverage(horizon=2, radius=1)] * 2 - E[coverage()]",
    "E[distinct(home, horizon=3)] + E[weighted_coverage([at(s1)] - 2, horizon=0)]",
    "E[weighted_coverage(2 * [goal] + 1/3)]",
]
# Every policy has finitely many trajectories here.
BRANCHES = """\
env m = mdp {
  initial 1/3 s0 + 2/3 s1
  s0: a -> 1/3 s1 + 2/3 s2
      b -> s3
  s1: a -> 1/4 s2 + 3/4 s3
      b -> s2
  s2: a -> s4
  s3: a -> s3
  s4: a -> s2
  label goal: s1, s4
  label jump: s1 a s3
}
reward r = 2 * [goal] - [from(at(s0)) & !(action = a)] + (if jump then 1/3 else 0)
"""
RISKS = [
    "E[discounted(r, 1/2) ** 2]",
    "E[sat(F jump) * average(r)] - E[min(total([jump], horizon=2), total(r, horizon=2))]",
    "variance(sup(r) * sat(F goal)) + variance(discounted(r, 1/2))",
    "quantile(1/2, discounted(r, 1/2))",
    "quantile(1, total(r, horizon=3)) + quantile(1/3, average(r))",
    "cvar(1/2, discounted(r, 1/2)) + cvar(1, discounted(r, 1/2)) / 2",
    "cvar(1/10, average(r) * coverage() + inf(r))",
    "E[if discounted(r, 1/2) >= 1 then discounted([goal], 1/2) else 1/3]",
    "E[if distinct(goal, horizon=1) >= 1 then LTLf[2](X goal) else coverage(horizon=1) / 3]",
    "E[abs(distinct(goal, horizon=2) - 1) + [average(r) > sup(r) - 2 & !(inf(r) = 0)]]",
]


def _spec(number: str, environment: str = ENVIRONMENT) -> Spec:
    file = load_text(f"{environment}spec x in m = {number}\n", "x.spec")
    assert [d for d in file.diagnostics if d.severity == "error"] == []
    return file["x"]


def _policy(mdp: Mdp, chance: random.Random) -> Policy:
    """Random, with actions left out now and then."""
    found: list[Fraction] = []
    for state in range(mdp.state_count):
        weights = [chance.choice([0, 1, 2, 5]) for _ in mdp.choices(state)]
        weights = weights if any(weights) else [1] * len(weights)
        found += [Fraction(weight, sum(weights)) for weight in weights]
    return Policy(tuple(found))


def _kernel_value(spec: Spec, policy: Policy) -> object:
    """What the kernel says that the statement's number is worth."""
    mdp = spec.environment
    assert isinstance(mdp, Mdp)
    read = read_statement(compact(statement(spec, "MR")).encode())
    row = {
        state: {mdp.actions[c]: str(policy.probabilities[c]) for c in mdp.choices(number)}
        for number, state in enumerate(mdp.states)
    }
    known = read_policy(row, read.environment, "policy")
    return Valuation(read.environment, read.spec, known).value(read.spec.numbers[0])


def _agree(spec: Spec, seed: int) -> None:
    mdp = spec.environment
    assert isinstance(mdp, Mdp)
    chance = random.Random(seed)
    for _ in range(4):
        policy = _policy(mdp, chance)
        value = _kernel_value(spec, policy)
        assert isinstance(value, Fraction)
        found = evaluate(spec, policy)
        assert found.lower is not None
        assert found.upper is not None
        assert found.lower <= value <= found.upper
        assert found.upper - found.lower < Fraction(1, 10**12)


@pytest.mark.parametrize("number", NUMBERS)
def test_kernel_and_evaluation_agree(number: str) -> None:
    _agree(_spec(number), NUMBERS.index(number))


@pytest.mark.parametrize("number", RISKS)
def test_kernel_and_evaluation_agree_on_lotteries(number: str) -> None:
    _agree(_spec(number, BRANCHES), RISKS.index(number))


@pytest.mark.parametrize("number", ["E[discounted(r + 1, 1/2)]", "E[total(run - 2, horizon=4)]"])
def test_nothing_is_paid_where_the_episode_is_over(number: str) -> None:
    spec = _spec(number)
    mdp = spec.environment
    assert isinstance(mdp, Mdp)
    stopped = mdp.stopped.copy()
    stopped[mdp.states.index("s2")] = True
    over = replace(spec, environment=replace(mdp, stopped=stopped))
    _agree(over, 7)
    assert statement(over, "MR") != statement(spec, "MR")


def test_native_rewards() -> None:
    spec = _spec("E[discounted([goal], 1/2)]")
    mdp = spec.environment
    assert isinstance(mdp, Mdp)
    from specc.model.mdp import ExactArray
    from specc.objective import stack

    pays = ExactArray.of(Fraction(number % 3, 2) for number in range(mdp.transition_count))
    paid = stack.Scalar(stack.Expectation(stack.Discounted(stack.Native("native"), Fraction(1, 2))))
    rewarded = replace(spec, environment=replace(mdp, rewards={"native": pays}), objective=paid)
    _agree(rewarded, 3)


def test_logarithms_are_stated() -> None:
    spec = _spec("E[discounted(entropy + kl(uniform), 1/2)]")
    said = statement(spec, "MR")
    assert said["spec"]["references"]["uniform"]["s0"] == {"a": "1/2", "b": "1/2"}
    read = read_statement(compact(said).encode())
    # entropy + KL to the uniform policy is log of the number of actions: 2 everywhere here.
    uniform = read_policy(said["spec"]["references"]["uniform"], read.environment, "policy")
    pure = read_policy({}, read.environment, "policy")
    values = [
        Valuation(read.environment, read.spec, policy).value(read.spec.numbers[0])
        for policy in (uniform, pure)
    ]
    assert values[0] == values[1] != 0


def test_a_statement_is_canonical() -> None:
    spec = _spec(NUMBERS[0])
    text = compact(statement(spec, "RM"))
    assert read_statement(text.encode()).sha256 == hashlib.sha256(text.encode()).hexdigest()
    lines = ENVIRONMENT.replace("  s0: a -> 1/3 s0 + 2/3 s1\n      b -> s2\n", "").replace(
        "  label goal: s1\n", "  label goal: s1\n  s0: b -> s2\n      a -> 2/3 s1 + 1/3 s0\n"
    )
    moved = load_text(f"# moved\n{lines}spec other in m =\n  {NUMBERS[0]}\n", "y.spec")
    assert moved.diagnostics == ()
    assert compact(statement(moved["other"], "RM")) == text
    said = statement(spec, "RM")
    assert set(said["environment"]["labels"]) == {"goal", "home", "jump"}
    assert "labels" not in statement(_spec("policy(a | s0)"), "TLO")["environment"]


def test_orders() -> None:
    first, second = "E[discounted(r, 1/2)]", "P[F goal]"
    said = statement(_spec(f"lexicographic({first}, {second})"), "MR")["spec"]["order"]
    assert (said["kind"], len(said["numbers"])) == ("lexicographic", 2)
    said = statement(_spec(f"maximize {first} subject to {second} >= 1/2"), "MR")["spec"]["order"]
    assert said["kind"] == "constrained"
    ((constraint),) = said["constraints"]
    assert constraint["operator"] == ">="
    assert constraint["right"] == {"kind": "constant", "value": "1/2"}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("E[exp(-discounted(r, 1/2))]", "`exp`"),
        ("quantile(1/2, sqrt(discounted(r, 1/2)))", "`sqrt`"),
        ("exp(P[F goal])", "`exp`"),
        ("P[F goal] ** (1/2)", "powers but by whole numbers up to 64"),
        ("P[F goal] ** 65", "powers but by whole numbers up to 64"),
        ("E[discounted(tsallis(3/2), 1/2)]", "Tsallis entropy of order 3/2"),
    ],
)
def test_what_the_kernel_has_not_is_refused(number: str, words: str) -> None:
    spec = _spec(number)
    with pytest.raises(SpecError) as caught:
        statement(spec, "MR")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E910"
    assert diagnostic.message == f"the proof kernel's language has no {words}"
    assert diagnostic.source is spec.source
    assert diagnostic.span is not None
    assert spec.source.slice(diagnostic.span) in number


def test_without_an_environment_there_is_no_statement() -> None:
    spec = load_text("spec x = P[F goal]", "x.spec")["x"]
    with pytest.raises(SpecError, match="E911"):
        statement(spec, "MR")
