"""The registry, and what the compiler says of each formalism's example and witness."""

from __future__ import annotations

import pytest

from specc.lemma import Lemma, packaged_lemmas
from specc.objective.infer import infer
from specc.registry import Formalism, all_formalisms, formalism, formalisms, symbols
from specc.resolve.file import load_text
from specc.source import Source
from specc.syntax.parse import parse

CORE = (
    *("MR", "LAR", "LTL", "RM", "INMR", "IMORL", "FTR", "RRL", "ONMR"),
    *("OMORL", "FOMR", "FTLR", "FPR", "TLO", "GOMORL", "OMO", "PO"),
)
EXTENSIONS = (
    *("SUB_H", "SUB", "SUBT_H", "CMDP", "LEX", "CVAR", "QUANT", "LTLF"),
    *("COSAFE", "OMEGA", "MAXR", "MINR", "TDR", "KLRRL", "LMORL", "LMORLG"),
)
NEGATIVES = [lemma for lemma in packaged_lemmas() if lemma.witness and lemma.witness.specification]


def test_symbols() -> None:
    assert symbols() == CORE
    assert symbols(extensions=True) == CORE + EXTENSIONS


def test_families() -> None:
    families = [[member.symbol for member in family.members] for family in formalisms()]
    assert [names for names in families if len(names) > 1] == [
        ["FTR", "INMR", "IMORL"],
        ["FTLR", "OMORL", "FOMR"],
        ["TLO", "GOMORL", "OMO"],
    ]
    assert len(families) == 11
    extensions = tuple(family.symbol for family in all_formalisms() if family.extension)
    assert extensions == EXTENSIONS
    assert formalism("OMO").symbol == "TLO"
    with pytest.raises(KeyError):
        formalism("NOPE")


@pytest.mark.parametrize("family", all_formalisms(), ids=lambda family: family.symbol)
def test_every_field_says_something(family: Formalism) -> None:
    assert len(family.teaching) > 150
    assert family.invariant.endswith(".")
    assert family.source
    for member in family.members:
        assert member.name
        assert member.definition
        assert member.free_layer


@pytest.mark.parametrize("family", formalisms(), ids=lambda family: family.symbol)
def test_examples_are_inferred_as_their_formalism(family: Formalism) -> None:
    file = load_text(family.example, family.symbol)
    assert file.diagnostics == ()
    found = {name: infer(spec.objective).formalism for name, spec in file.specs.items()}
    assert found
    assert set(found.values()) == {family.symbol}


@pytest.mark.parametrize(
    "family",
    [family for family in all_formalisms() if family.extension],
    ids=lambda family: family.symbol,
)
def test_examples_of_extensions_are_recognised(family: Formalism) -> None:
    file = load_text(family.example, family.symbol)
    assert file.diagnostics == ()
    assert file.specs
    for spec in file.specs.values():
        inference = infer(spec.objective)
        assert inference.formalism in CORE
        assert family.symbol in inference.also


OF_THE_SEVENTEEN = [lemma for lemma in NEGATIVES if lemma.lower in CORE]


@pytest.mark.parametrize("lemma", OF_THE_SEVENTEEN, ids=lambda lemma: lemma.id)
def test_witness_is_one_spec_of_the_lower_formalism(lemma: Lemma) -> None:
    assert lemma.witness is not None
    text = lemma.witness.specification
    assert text is not None
    assert parse(Source(lemma.id, text))[1] == ()
    file = load_text(text, lemma.id)
    assert file.diagnostics == ()
    (spec,) = file.specs.values()
    assert spec.environment is not None
    assert infer(spec.objective).formalism == lemma.lower


def test_witnesses_of_one_name_share_their_environment() -> None:
    texts: dict[str, set[str]] = {}
    for lemma in NEGATIVES:
        assert lemma.witness is not None
        assert lemma.witness.specification is not None
        environment = lemma.witness.specification.split("}\n")[0]
        texts.setdefault(lemma.witness.environment, set()).add(environment)
    assert {name: len(found) for name, found in texts.items()} == dict.fromkeys(
        (*("E1", "E2", "E3", "E4", "E5", "E8", "E9"), *(f"E{number}" for number in range(10, 17))),
        1,
    )
