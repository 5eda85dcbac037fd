"""The positive lemmas: their translations agree on their instances, and a wrong one does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from specc.diagnostics import SpecError
from specc.evaluate import Evaluation
from specc.evaluate.value import exact
from specc.lemma import Instance, Lemma, packaged_lemmas
from specc.objective import stack
from specc.prove import prove, read_instance, written_proof
from specc.registry import Rule, all_formalisms, rule, symbols
from specc.translate.forms import Form, PolicyFunction, PolicyOrder, TrajectoryFunction, Written
from specc.translate.lottery import lottery

POSITIVE = [
    lemma
    for lemma in packaged_lemmas()
    if lemma.kind == "positive" and {lemma.upper, lemma.lower} <= set(symbols())
]
positive = pytest.mark.parametrize("lemma", POSITIVE, ids=lambda lemma: lemma.id)


def _instances(lemma: Lemma) -> tuple[Instance, ...]:
    assert lemma.translation is not None
    return lemma.translation.instances


def _rule(lemma: Lemma) -> Rule:
    assert lemma.translation is not None
    found = rule(lemma.translation.name, lemma.upper, lemma.lower)
    assert found is not None
    return found


def _refusal(lemma: Lemma) -> tuple[str, str]:
    with pytest.raises(SpecError) as caught:
        prove(lemma)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message.startswith(f"`{lemma.id}` ({lemma.file}): ")
    return diagnostic.code, diagnostic.message


def _changed(lemma: Lemma, **change: Any) -> Lemma:
    assert lemma.translation is not None
    return replace(lemma, translation=replace(lemma.translation, **change))


@positive
def test_positive_lemma_is_checked(lemma: Lemma) -> None:
    assert (lemma.status, lemma.trust) == ("stated", None)
    found = prove(lemma)
    assert (found.status, found.trust) == ("checked", "written proof")
    assert replace(found, status="stated") == lemma


@positive
def test_instances_have_the_hard_policies(lemma: Lemma) -> None:
    """Zeros, full supports, and two policies that differ only where no run comes."""
    for instance in _instances(lemma):
        spec, policies = read_instance(instance, lemma.file)
        mdp = spec.environment
        assert any(0 in policy.probabilities for policy in policies)
        assert any(set(policy.probabilities) - {0, 1} for policy in policies)
        seen = [lottery(mdp, policy) for policy in policies]
        assert any(
            seen[i] == seen[j] and policies[i].probabilities != policies[j].probabilities
            for i in range(len(seen))
            for j in range(i)
        )


def test_gamma_zero_is_tried() -> None:
    tried = {
        lemma.id
        for lemma in POSITIVE
        for instance in _instances(lemma)
        if ", 0)" in instance.specification
    }
    assert {"rm-geq-mr", "rrl-geq-mr", "onmr-geq-mr", "omorl-geq-fomr", "gomorl-geq-omo"} <= tried


@positive
def test_the_proof_is_written(lemma: Lemma) -> None:
    assert lemma.translation is not None
    assert len(written_proof(lemma.translation.page, lemma.id) or "") > 60
    assert _refusal(_changed(lemma, page="elsewhere"))[0] == "E918"


def test_a_heading_without_a_proof_is_none(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.md").write_text("# Page\n\n## a-geq-b\n\n## c-geq-d\n\nAs follows.\n")
    monkeypatch.setattr("importlib.resources.files", lambda name: tmp_path)
    assert written_proof("page", "a-geq-b") is None
    assert written_proof("page", "c-geq-d") == "As follows."
    assert written_proof("page", "e-geq-f") is None


@positive
def test_an_unknown_translation_fails(lemma: Lemma) -> None:
    assert _refusal(_changed(lemma, name="nonsense"))[0] == "E917"


def test_every_core_rule_is_used_by_one_lemma() -> None:
    rules = [
        (one.name, one.upper, one.lower)
        for family in all_formalisms()
        for one in family.translations
        if {one.upper, one.lower} <= set(symbols())
    ]
    used = [(m.translation.name, m.upper, m.lower) for m in POSITIVE if m.translation]
    assert sorted(rules) == sorted(used)
    assert len(used) == 22


@positive
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("spec x = (", "its `.spec` text is wrong: E1"),
        ("", "its text has 0 specs"),
        ("spec x = P[F goal]", "no finite environment"),
    ],
)
def test_a_wrong_text_fails(lemma: Lemma, text: str, words: str) -> None:
    broken = Instance(text, ("{}", "{}"))
    code, message = _refusal(_changed(lemma, instances=(*_instances(lemma), broken)))
    assert code == "E919"
    assert words in message


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({}, "no choice for state"),
        ({"yard": {"go": "1/2"}}, "sum to 1/2"),
        ({"yard": {"go": "x"}}, "expected a number"),
        ({"yard": {"go": "-1", "wait": "2"}}, "not negative"),
        ({"cellar": {"fly": "1"}}, "no action"),
        ({"moon": {"go": "1"}}, "unknown state"),
        ({"yard": []}, "expected an object"),
    ],
)
def test_a_wrong_policy_fails(policy: Any, words: str) -> None:
    lemma = next(one for one in POSITIVE if one.id == "rm-geq-mr")
    first = _instances(lemma)[0]
    broken = replace(first, policies=(first.policies[0], json.dumps(policy)))
    code, message = _refusal(_changed(lemma, instances=(broken,)))
    assert code == "E919"
    assert words in message


@positive
def test_a_spec_of_another_formalism_fails(lemma: Lemma) -> None:
    """Every instance of another lemma whose spec is not of this lower formalism is refused."""
    others = {"MR": "po-geq-tlo", "FTLR": "po-geq-tlo", "TLO": "po-geq-fpr", "FPR": "po-geq-tlo"}
    name = others.get(lemma.lower, "po-geq-fpr")
    other = next(one for one in POSITIVE if one.id == name)
    code, message = _refusal(_changed(lemma, instances=_instances(other)))
    assert code == "E919"
    assert "is written in" in message


# Translations that are wrong in each way in which one can be.


def _constant(form: Form) -> Form:
    """The same kind of form, but it ranks all alike, and says so in the language."""
    zero = Fraction(0)
    match form:
        case Written():
            return Written(stack.Scalar(stack.Constant(zero)))
        case TrajectoryFunction(see):
            return TrajectoryFunction(see, lambda _: exact(zero))
        case PolicyFunction(see):
            return PolicyFunction(see, lambda _: Evaluation("x", zero, zero, zero))
        case PolicyOrder(see):
            return PolicyOrder(see, lambda one, other: 0)


def _wrong_text(form: Form) -> Form:
    """The form is right where it is a function, its text is not."""
    wrong = stack.Scalar(stack.Constant(Fraction(0)))
    return Written(wrong) if isinstance(form, Written) else replace(form, objective=wrong)


def _undecided(form: Form) -> Form:
    match form:
        case PolicyFunction(see):
            return PolicyFunction(see, lambda _: Evaluation("x", None, None, None))
        case PolicyOrder(see):
            return PolicyOrder(see, lambda one, other: None)
        case _:
            return _constant(form)


@positive
@pytest.mark.parametrize("spoil", [_constant, _wrong_text, _undecided])
def test_a_wrong_translation_fails(
    lemma: Lemma, spoil: Callable[[Form], Form], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = _rule(lemma)
    spoiled = replace(right, make=lambda spec: spoil(right.make(spec)))
    monkeypatch.setattr("specc.registry.rule", lambda *names: spoiled)
    assert _refusal(lemma)[0] == "E919"


@pytest.mark.parametrize(
    "name", ["omorl-geq-fomr", "fomr-geq-ftlr", "ftlr-geq-rrl", "inmr-geq-ftr"]
)
def test_another_value_in_the_same_order_fails(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lemma = next(one for one in POSITIVE if one.id == name)
    right = _rule(lemma)

    def doubled(spec: Any) -> Form:
        form = right.make(spec)
        if isinstance(form, TrajectoryFunction):
            return TrajectoryFunction(
                form.see, lambda seen: exact(2 * (form.function(seen).exact or Fraction(0)) + 1)
            )
        assert isinstance(form, PolicyFunction)

        def twice(seen: Any) -> Evaluation:
            value = 2 * (form.function(seen).value or Fraction(0)) + 1
            return Evaluation("x", value, value, value)

        return PolicyFunction(form.see, twice)

    monkeypatch.setattr("specc.registry.rule", lambda *names: replace(right, make=doubled))
    code, message = _refusal(lemma)
    assert code == "E919"
    assert "another value" in message
    monkeypatch.setattr(
        "specc.registry.rule", lambda *names: replace(right, make=doubled, preserves="order")
    )
    assert prove(lemma).status == "checked"
