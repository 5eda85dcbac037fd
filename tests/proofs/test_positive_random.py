"""The rules of the 22 positive lemmas on random environments and specs, exactly."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from specc.lemma import Lemma, packaged_lemmas
from specc.model.mdp import Mdp
from specc.model.sample import sample_policies
from specc.objective.infer import infer
from specc.registry import formalism, rule, symbols
from specc.resolve.file import Spec, load_text
from specc.translate.agreement import check_agreement

POSITIVE = [
    lemma
    for lemma in packaged_lemmas()
    if lemma.kind == "positive" and {lemma.upper, lemma.lower} <= set(symbols())
]

# What a spec of each lower formalism may look like; r, q are signals, g a discount, n a number.
SHAPES = {
    "MR": ["{n} * E[discounted({r}, {g})] + 1", "E[discounted({r}, {g})]"],
    "LAR": ["E[average({r})]", "2 * E[average({r})] - {n}"],
    "LTL": ["P[F (p & X q)]", "1 - P[p U q]", "P[G F p -> F G q]", "P[X (p | !q) & F q]"],
    "RM": ["E[discounted(run, {g})]", "E[discounted(run + {r}, {g})]"],
    "INMR": ["E[discounted({r}, {h}) ** 2]", "E[max(discounted({r}, {h}), {n})]"],
    "IMORL": ["E[discounted({r}, {h}) * discounted({q}, {h})]"],
    "FTR": ["E[discounted({r}, {h}) ** 2]", "P[F p] + {n} * P[G q]", "E[coverage()]",
            "E[sup({r} + {q}) * average({r})]"],
    "RRL": ["E[discounted({r} + {n} * tsallis(2), {g})]", "E[discounted(tsallis(3) - {r}, {g})]"],
    "ONMR": ["-(E[discounted({r}, {g})] - {n}) ** 2", "min(E[discounted({r}, {h})], {n})"],
    "FOMR": ["E[discounted({r}, {g})] * E[discounted({q}, {g})]"],
    "OMORL": ["min(E[discounted({r}, {g})], E[discounted({q}, {g})])"],
    "FTLR": ["E[discounted({r}, {h})] * P[F p]", "variance(discounted({r}, {h}))",
             "quantile({n}, discounted({r}, {h}))"],
    "FPR": ["policy(a | s1) * E[discounted({r}, {g})]", "policy(a | s0) - policy(b | s3) ** 2"],
    "TLO": ["lexicographic(P[F p], E[discounted({r}, {g})])"],
    "GOMORL": ["lexicographic(E[discounted({r}, {g})], E[discounted({q}, {g})])"],
    "OMO": ["lexicographic(E[discounted({r}, {g})], E[discounted({q}, {g})])"],
}  # fmt: skip
MACHINE = """machine run {
  states x y
  x -> y when p emit 1/3
  y -> x when q emit -1
}
"""


def random_environment(chance: random.Random) -> str:
    """Layers with choices and chance, then cycles without either: finitely many trajectories
    under every policy. One state, s3, is often out of reach."""
    lines = ["env e = mdp {", "  initial s0"]
    for state in range(4):
        for action in "ab":
            targets = [f"s{t}" for t in range(state + 1, 4) if t < 3] + ["c0", "c1", "d0"]
            one, two = chance.choice(targets), chance.choice(targets)
            share = Fraction(chance.randint(1, 3), 4)
            lines.append(f"  s{state}: {action} -> {share} {one} + {1 - share} {two}")
    lines += ["  c0: a -> c1", "  c1: a -> c0", "  d0: a -> d0"]
    for label in "pq":
        for state in chance.sample(["s1", "s2", "c0", "c1", "d0"], 2):
            lines.append(f"  label {label}: {state}")
    return "\n".join([*lines, "}", ""])


def random_spec(lower: str, chance: random.Random) -> Spec:
    signals = ["[p]", "[q] - 1/2 * [p]", "[p & q]", "[action = a]", "[from(p)] + 1/3"]
    parts = {
        "r": chance.choice(signals[:2]),
        "q": chance.choice(signals[3:]),
        "g": chance.choice(["0", "1/2", "9/10"]),
        "h": chance.choice(["1/2", "1/3"]),
        "n": chance.choice(["1/4", "1/2", "2/3"]),
    }
    text = chance.choice(SHAPES[lower]).format(**parts)
    text = f"{random_environment(chance)}{MACHINE}spec x in e = {text}\n"
    file = load_text(text)
    assert not file.has_errors, [d.message for d in file.diagnostics]
    return file["x"]


@pytest.mark.long
@pytest.mark.parametrize("lemma", POSITIVE, ids=lambda lemma: lemma.id)
def test_rules_agree_on_random_specs(lemma: Lemma) -> None:
    assert lemma.translation is not None
    found = rule(lemma.translation.name, lemma.upper, lemma.lower)
    assert found is not None
    chance = random.Random(lemma.id)
    agreed = 0
    while agreed < 6:
        spec = random_spec(lemma.lower, chance)
        # A function may happen to be monotone, say; then the spec is one of a smaller formalism.
        if formalism(infer(spec.objective).formalism) is not formalism(lemma.lower):
            continue
        assert isinstance(spec.environment, Mdp)
        check_agreement(spec, found, sample_policies(spec.environment, 16, seed=agreed))
        agreed += 1
