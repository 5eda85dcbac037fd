"""The derived preorder against the relation written down by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from specc.lemma import Lemma
from specc.preorder import Preorder, derive, load_preorder

# What each formalism is >= to, written down by hand from the classes; not derived.
FTR_CLASS = "INMR IMORL FTR"
FTLR_CLASS = "OMORL FOMR FTLR"
TLO_CLASS = "TLO GOMORL OMO"
BELOW_FTR = f"MR LAR LTL RM {FTR_CLASS}"
BELOW_FTLR = f"{BELOW_FTR} RRL ONMR {FTLR_CLASS}"
BELOW = {
    "MR": "MR",
    "LAR": "LAR",
    "LTL": "LTL",
    "RM": "MR RM",
    "INMR": BELOW_FTR,
    "IMORL": BELOW_FTR,
    "FTR": BELOW_FTR,
    "RRL": "MR RRL",
    "ONMR": "MR ONMR",
    "OMORL": BELOW_FTLR,
    "FOMR": BELOW_FTLR,
    "FTLR": BELOW_FTLR,
    "FPR": f"{BELOW_FTLR} FPR",
    "TLO": f"{BELOW_FTLR} {TLO_CLASS}",
    "GOMORL": f"{BELOW_FTLR} {TLO_CLASS}",
    "OMO": f"{BELOW_FTLR} {TLO_CLASS}",
    "PO": f"{BELOW_FTLR} FPR {TLO_CLASS} PO",
}
EXPECTED = {(x, y): y in BELOW[x].split() for x, y in product(BELOW, BELOW)}
LEMMAS = load_preorder().lemmas


def _matrix(preorder: Preorder) -> dict[tuple[str, str], bool | None]:
    return {(x, y): preorder.geq(x, y) for x, y in product(preorder.formalisms, repeat=2)}


def _opposite(upper: str, lower: str, holds: bool | None) -> Lemma:
    kind = "negative" if holds else "positive"
    return replace(LEMMAS[0], id=f"against-{upper}-{lower}", kind=kind, upper=upper, lower=lower)


def test_whole_matrix() -> None:
    preorder = load_preorder()
    assert preorder.formalisms == tuple(BELOW)
    assert _matrix(preorder) == EXPECTED
    values = list(_matrix(preorder).values())
    assert (values.count(True), values.count(False), len(values)) == (141, 148, 289)


def test_classes_and_covers() -> None:
    preorder = load_preorder()
    assert {frozenset(members) for members in preorder.classes} == {
        frozenset(names.split())
        for names in (
            *("MR", "LAR", "LTL", "RM", "RRL", "ONMR", "FPR", "PO"),
            *(FTR_CLASS, FTLR_CLASS, TLO_CLASS),
        )
    }
    heads = [members[0] for members in preorder.classes]
    assert heads == ["MR", "LAR", "LTL", "RM", "FTR", "RRL", "ONMR", "FTLR", "FPR", "TLO", "PO"]
    written = (
        "RM>MR RRL>MR ONMR>MR FTR>RM FTR>LTL FTR>LAR FTLR>FTR FTLR>RRL FTLR>ONMR FPR>FTLR TLO>FTLR"
        " PO>FPR PO>TLO"
    )
    assert len(preorder.covers) == 13
    assert set(preorder.covers) == {tuple(edge.split(">")) for edge in written.split()}
    assert preorder.representative("IMORL") == "FTR"


def test_covers_are_the_transitive_reduction_of_networkx() -> None:
    import networkx

    preorder = load_preorder()
    heads = [members[0] for members in preorder.classes]
    graph = networkx.DiGraph((x, y) for x, y in product(heads, heads) if x != y and EXPECTED[x, y])
    assert set(preorder.covers) == set(networkx.transitive_reduction(graph).edges)


def test_nothing_is_contradictory_undecided_redundant_or_unused() -> None:
    preorder = load_preorder()
    assert preorder.contradictions == ()
    assert preorder.undecided == ()
    assert preorder.redundant == ()
    assert preorder.unused == ()


@pytest.mark.parametrize("lemma", LEMMAS, ids=lambda lemma: lemma.id)
def test_without_a_lemma_its_pair_is_undecided(lemma: Lemma) -> None:
    rest = [other for other in LEMMAS if other is not lemma]
    preorder = derive(tuple(BELOW), rest)
    assert (lemma.upper, lemma.lower) in preorder.undecided
    assert preorder.contradictions == ()
    decided = {pair: value for pair, value in _matrix(preorder).items() if value is not None}
    assert decided.items() <= EXPECTED.items()


@pytest.mark.parametrize("lemma", LEMMAS, ids=lambda lemma: lemma.id)
def test_a_turned_lemma_changes_the_relation(lemma: Lemma) -> None:
    turned = _opposite(lemma.upper, lemma.lower, lemma.kind == "positive")
    preorder = derive(tuple(BELOW), [turned if other is lemma else other for other in LEMMAS])
    assert preorder.geq(lemma.upper, lemma.lower) is not EXPECTED[lemma.upper, lemma.lower]


@pytest.mark.parametrize(("upper", "lower"), [pair for pair in EXPECTED if pair[0] != pair[1]])
def test_the_opposite_of_any_pair_contradicts(upper: str, lower: str) -> None:
    against = _opposite(upper, lower, EXPECTED[upper, lower])
    preorder = derive(tuple(BELOW), [*LEMMAS, against])
    assert (upper, lower) in preorder.contradictions
    assert preorder.geq(upper, lower) is None
    assert preorder.status(upper, lower) == "contradictory"
    assert against.id in preorder.rests_on(upper, lower)


@pytest.mark.parametrize(("upper", "lower"), list(EXPECTED))
def test_the_chain_of_a_pair_is_a_proof(upper: str, lower: str) -> None:
    preorder = load_preorder()
    by_id = {lemma.id: lemma for lemma in LEMMAS}
    chain = [by_id[name] for name in preorder.rests_on(upper, lower)]
    negatives = [index for index, lemma in enumerate(chain) if lemma.kind == "negative"]
    if EXPECTED[upper, lower]:
        assert negatives == []
        assert _leads(chain, upper, lower)
        assert preorder.status(upper, lower) == ("stated" if upper != lower else "definition")
    else:
        (middle,) = negatives
        assert _leads(chain[:middle], chain[middle].upper, upper)
        assert _leads(chain[middle + 1 :], lower, chain[middle].lower)
        assert preorder.status(upper, lower) == "stated"


def _leads(chain: list[Lemma], upper: str, lower: str) -> bool:
    """Whether the positive lemmas go step by step from ``upper`` down to ``lower``."""
    for lemma in chain:
        if lemma.upper != upper:
            return False
        upper = lemma.lower
    return upper == lower


def test_the_weakest_status_counts() -> None:
    checked = [replace(lemma, status="checked") for lemma in LEMMAS]
    assert derive(tuple(BELOW), checked).status("FTR", "MR") == "checked"
    weaker = [
        replace(lemma, status="failed") if lemma.id == "rm-geq-mr" else lemma for lemma in checked
    ]
    assert derive(tuple(BELOW), weaker).status("FTR", "MR") == "failed"
    assert derive(tuple(BELOW), weaker).status("FTR", "RM") == "checked"


def test_redundant_and_unused_lemmas_are_named() -> None:
    extra = replace(LEMMAS[0], id="po-geq-mr", kind="positive", upper="PO", lower="MR")
    assert derive(tuple(BELOW), [*LEMMAS, extra]).redundant == ("po-geq-mr",)
    again = replace(
        next(lemma for lemma in LEMMAS if lemma.id == "rm-geq-mr"), id="rm-geq-mr-again"
    )
    assert derive(tuple(BELOW), [*LEMMAS, again]).unused == ("rm-geq-mr-again",)


def test_above_and_below() -> None:
    preorder = load_preorder()
    for symbol in BELOW:
        assert set(preorder.below(symbol)) == set(BELOW[symbol].split())
        assert set(preorder.above(symbol)) == {x for x in BELOW if symbol in BELOW[x].split()}


def test_unknown_formalisms_are_key_errors() -> None:
    preorder = load_preorder()
    for question in (preorder.above, preorder.below, preorder.representative):
        with pytest.raises(KeyError):
            question("SUB_H")
    with pytest.raises(KeyError):
        preorder.geq("MR", "NOPE")


def test_extensions_leave_the_core_as_it_is() -> None:
    core, wide = load_preorder(), load_preorder(extensions=True)
    assert wide.formalisms[:17] == core.formalisms
    assert len(wide.formalisms) == 33
    for upper, lower in EXPECTED:
        assert wide.geq(upper, lower) is core.geq(upper, lower)
    assert all(set(pair) - set(core.formalisms) for pair in wide.undecided)
    assert wide.contradictions == ()


def test_json() -> None:
    document = load_preorder().to_json()
    keys = ["formalisms", "geq", "status", "trust", "lemmas", "classes", "covers", "undecided"]
    assert list(document) == keys
    names, rows, statuses = document["formalisms"], document["geq"], document["status"]
    assert isinstance(names, list)
    assert isinstance(rows, list)
    assert rows[names.index("FTR")][names.index("LTL")] is True
    assert rows[names.index("LTL")][names.index("FTR")] is False
    assert isinstance(statuses, list)
    assert statuses[names.index("LTL")][names.index("FTR")] == "stated"
    assert statuses[names.index("LTL")][names.index("LTL")] == "definition"
    lemmas = document["lemmas"]
    assert isinstance(lemmas, list)
    assert {
        "id": "rm-geq-mr",
        "kind": "positive",
        "upper": "RM",
        "lower": "MR",
        "status": "stated",
        "trust": None,
        "file": "proofs/rm-geq-mr.json",
    } in lemmas
