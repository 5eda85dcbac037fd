"""Where the extensions stand: the derived relation, and the constructions behind it tried out."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from math import log
from pathlib import Path

import pytest

from specc.lemma import Lemma, packaged_lemmas
from specc.preorder import load_preorder
from specc.prove import written_proof
from specc.registry import symbols

PREORDER = load_preorder(extensions=True)
ADDED = tuple(symbol for symbol in symbols(extensions=True) if symbol not in symbols())
# What each extension is >= to, written down by hand from docs/proofs/extensions.md; not derived.
BELOW = {
    "SUB_H": "SUB_H",
    "SUB": "SUB MAXR",
    "SUBT_H": "SUBT_H SUB_H LTLF",
    "CMDP": "CMDP MR LMORL",
    "LEX": "LEX MR LMORL",
    "CVAR": "CVAR MR LMORL",
    "QUANT": "QUANT",
    "LTLF": "LTLF",
    "COSAFE": "COSAFE LTLF",
    "OMEGA": "OMEGA LTL COSAFE LTLF",
    "MAXR": "MAXR",
    "MINR": "MINR",
    "TDR": "TDR MR LMORL",
    "KLRRL": "KLRRL MR LMORL",
    "LMORL": "LMORL MR",
    "LMORLG": "LMORLG LMORL MR",
}
UNDER_FTR = {"SUB_H", "SUB", "SUBT_H", "LTLF", "COSAFE", "OMEGA", "MAXR", "MINR", "TDR"} | {
    "LMORL",
    "LMORLG",
}
UNDER_FTLR = UNDER_FTR | {"CMDP", "CVAR", "QUANT", "KLRRL"}
# The extensions that each of the seventeen is >= to.
UNDER = {
    "MR": {"LMORL"},
    "LAR": set(),
    "LTL": {"LTLF"},
    "RM": {"SUB_H", "SUBT_H", "LTLF", "LMORL"},
    "RRL": {"KLRRL", "LMORL"},
    "ONMR": {"LMORL"},
    **dict.fromkeys(("INMR", "IMORL", "FTR"), UNDER_FTR),
    **dict.fromkeys(("OMORL", "FOMR", "FTLR", "FPR"), UNDER_FTLR),
    **{symbol: set(ADDED) for symbol in ("TLO", "GOMORL", "OMO", "PO")},
}
WRITTEN = {
    *("subt-h-not-geq-mr", "rm-not-geq-lmorlg", "rm-not-geq-tdr"),
    *("ltl-not-geq-cosafe", "onmr-not-geq-quant"),
}
LEMMAS = [one for one in packaged_lemmas() if {one.upper, one.lower} & set(ADDED)]


def test_each_pair_is_decided_as_written() -> None:
    for symbol in ADDED:
        assert set(PREORDER.below(symbol)) == set(BELOW[symbol].split()), symbol
    for symbol in symbols():
        assert set(PREORDER.below(symbol)) & set(ADDED) == UNDER[symbol], symbol
    assert PREORDER.undecided == PREORDER.contradictions == ()
    answers = [PREORDER.geq(x, y) for x, y in itertools.product(PREORDER.formalisms, repeat=2)]
    assert (answers.count(True), answers.count(False)) == (343, 746)


def test_submodular_rewards() -> None:
    # With time: all that is decided in bounded time. Without: never less, never order.
    assert PREORDER.geq("RM", "SUBT_H") is True
    assert PREORDER.geq("SUBT_H", "SUB_H") is True
    assert PREORDER.geq("SUB_H", "SUBT_H") is False
    assert PREORDER.geq("SUBT_H", "MR") is False
    assert PREORDER.geq("RM", "SUB") is False
    assert PREORDER.geq("SUB", "SUB_H") is False
    assert PREORDER.geq("FTR", "SUB") is True


def test_lemmas_are_needed_and_written() -> None:
    ids = {lemma.id for lemma in LEMMAS}
    assert len(ids) == len(LEMMAS) == 132
    assert ids.isdisjoint(PREORDER.redundant)
    assert ids.isdisjoint(PREORDER.unused)
    assert {one.id for one in LEMMAS if one.kind == "negative" and not one.proof} == WRITTEN
    for lemma in LEMMAS:
        if lemma.kind == "positive" or lemma.id in WRITTEN:
            assert written_proof("extensions", lemma.id), lemma.id
    page = Path(__file__).parents[2] / "docs" / "proofs" / "extensions.md"
    headings = {x[3:] for x in page.read_text(encoding="utf-8").splitlines() if x[:3] == "## "}
    positive = {lemma.id for lemma in LEMMAS if lemma.kind == "positive"}
    assert headings == positive | WRITTEN | {"The other negative lemmas"}


@pytest.mark.parametrize("lemma", LEMMAS, ids=lambda lemma: lemma.id)
def test_the_seventeen_rest_on_no_extension(lemma: Lemma) -> None:
    assert lemma not in load_preorder().lemmas


# -- the constructions of docs/proofs/extensions.md, by brute force


def _is_monotone_submodular(ground: list, value) -> bool:  # type: ignore[no-untyped-def, type-arg]
    sets = [
        frozenset(x for x, inside in zip(ground, bits, strict=True) if inside)
        for bits in itertools.product((0, 1), repeat=len(ground))
    ]
    known = {one: value(one) for one in sets}
    for one in sets:
        rest = [x for x in ground if x not in one]
        if any(known[one | {x}] < known[one] for x in rest):
            return False
        for x, y in itertools.combinations(rest, 2):
            if known[one | {x}] + known[one | {y}] < known[one | {x, y}] + known[one]:
                return False
    return True


def test_timed_elements_carry_any_function() -> None:
    rng = random.Random(1)
    pairs = list(itertools.product("st", "ab"))
    ground = [(t, s, a) for t in (0, 1) for s, a in pairs]
    size = len(ground)
    for _ in range(5):
        worth = {run: rng.randint(-9, 9) for run in itertools.product(pairs, repeat=2)}
        most = max(map(abs, worth.values())) or 1

        def value(one, worth=worth, most=most):  # type: ignore[no-untyped-def]
            plain = Fraction(2 * size * len(one) - len(one) ** 2)
            by_time = [[x[1:] for x in one if x[0] == t] for t in (0, 1)]
            if any(len(row) != 1 for row in by_time):
                return plain
            return plain + Fraction(worth[by_time[0][0], by_time[1][0]], 2 * most)

        assert _is_monotone_submodular(ground, value)
        # Without the concave part it is not: the construction does something.
        assert not _is_monotone_submodular(
            ground, lambda one, value=value: value(one) - 2 * size * len(one) + len(one) ** 2
        )


def test_the_largest_reward_is_submodular() -> None:
    rng = random.Random(2)
    for _ in range(20):
        reward = {x: rng.randint(-5, 5) for x in range(5)}
        least = min(reward.values())
        assert _is_monotone_submodular(
            list(reward), lambda one, r=reward, m=least: max((r[x] - m for x in one), default=0)
        )
    reward = {0: 0, 1: 1}  # the least one is not monotone
    assert not _is_monotone_submodular([0, 1], lambda one: min((reward[x] for x in one), default=2))


def test_divergence_is_entropy_and_a_reward() -> None:
    rng = random.Random(3)
    for _ in range(50):
        p, r = ([rng.random() + 0.01 for _ in range(3)] for _ in range(2))
        p, r = [x / sum(p) for x in p], [x / sum(r) for x in r]
        divergence = sum(x * log(x / y) for x, y in zip(p, r, strict=True))
        entropy = -sum(x * log(x) for x in p)
        reward = sum(x * log(y) for x, y in zip(p, r, strict=True))
        assert divergence == pytest.approx(-entropy - reward)
