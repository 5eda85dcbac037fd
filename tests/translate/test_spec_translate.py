"""`specc translate`: the text is sound, in the formalism, and has the same exact values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import specc
from specc.check import check_file
from specc.cli.app import app
from specc.diagnostics import SpecError
from specc.evaluate import evaluate
from specc.model.mdp import Mdp
from specc.model.sample import sample_policies
from specc.objective.infer import infer
from specc.preorder import load_preorder
from specc.resolve.file import load, load_text

FILE = """
env m = mdp {
  initial s
  s: a -> t
     b -> 1/2 s + 1/2 u
  t: a -> t
     b -> s
  u: a -> u
  label goal: t
  label end: u
}
machine run {
  states x y
  x -> y when goal emit 1
  y -> done when end emit 2
  final done
}
reward tip = [goal] - 1/3 * [end]
policy ref = uniform
spec mr in m = 2 * E[discounted(tip, 0.9)] - 1
spec two in m = E[discounted(tip, 1/2)] + E[discounted([end], 1/2)]
spec rm in m = E[discounted(run, 0.9)]
spec ltl in m = P[F end]
spec soon in m = P[X X goal]
spec lar in m = E[average(tip)]
spec fair in m = min(E[discounted(tip, 0.9)], E[discounted([end], 0.9)])
spec lex in m = lexicographic(E[discounted(tip, 0.9)], E[discounted([end], 0.9)])
spec kl in m = E[discounted(tip - kl(ref), 0.9)]
spec hump in m = -(E[discounted(tip, 0.9)] - 1) ** 2
spec odds in m = policy(a | s)
"""
TEXTS = load_text(FILE)

# (spec, formalism, whether the objective stands as it was)
SAID = [
    ("mr", "MR", True), ("mr", "RM", False), ("mr", "RRL", False), ("mr", "ONMR", True),
    ("mr", "FTR", False), ("mr", "FTLR", False), ("mr", "PO", False), ("mr", "LMORL", True),
    ("two", "RM", False), ("two", "RRL", False), ("rm", "FTR", True), ("rm", "TLO", True),
    ("ltl", "FTR", True), ("ltl", "FPR", True), ("ltl", "OMEGA", True), ("soon", "RM", False),
    ("lar", "FTR", True), ("lar", "FTLR", True), ("fair", "FOMR", True), ("fair", "OMORL", True),
    ("fair", "PO", True), ("lex", "GOMORL", True), ("lex", "OMO", True), ("kl", "FTLR", True),
    ("hump", "OMORL", True), ("hump", "FOMR", True), ("odds", "PO", True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "to", "same"), SAID)
def test_the_text_is_in_the_formalism_and_has_the_same_values(
    name: str, to: str, same: bool
) -> None:
    spec = TEXTS[name]
    found = specc.translate(spec, to=to)
    file = load_text(found.text)
    assert file.diagnostics == ()
    checked = check_file(file, against=(), budget=None)
    assert not [d for d in checked.diagnostics if d.severity == "error"]
    (again,) = file.specs.values()
    inference = infer(again.objective)
    known = load_preorder(extensions=True)
    assert to in inference.also or known.geq(to, inference.formalism) is True
    assert found.same_text is same is (again.objective == spec.objective)
    assert found.preserves == "value"
    assert isinstance(spec.environment, Mdp)
    for policy in sample_policies(spec.environment, 30, seed=5):
        before, after = evaluate(spec, policy), evaluate(again, policy)
        assert (before.value, before.values) == (after.value, after.values)
        if before.value is None:
            assert (before.lower, before.upper) == (after.lower, after.upper)


def test_a_new_name_avoids_the_names_of_the_file() -> None:
    text = "env e = mdp { initial s; s: a -> s; label pay: s } "
    spec = load_text(text + "spec x in e = E[discounted([pay], 0.9)]")["x"]
    found = specc.translate(spec, to="RM")
    assert "discounted(pay2, 0.9)" in found.text
    assert load_text(found.text).diagnostics == ()


def test_a_spec_without_an_environment_is_translated_by_its_text() -> None:
    spec = load_text("spec x = E[discounted(native, 0.9)]")["x"]
    found = specc.translate(spec, to="RM")
    assert (found.environment, found.policies, found.same_text) == (None, 0, False)
    assert infer(load_text(found.text)["x"].objective).formalism == "RM"


REFUSED = [
    ("mr", "RMM", "E602", "unknown formalism `RMM`"),
    ("ltl", "INMR", "E931", "takes the digits of the return apart"),
    ("rm", "IMORL", "E931", "takes the digits"),
    ("kl", "FOMR", "E931", "finds the policy from the occupancy"),
    ("odds", "MAXR", "E933", "only the lemmas are asked"),
]


@pytest.mark.parametrize(("name", "to", "code", "words"), REFUSED)
def test_what_is_refused_says_why(name: str, to: str, code: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        specc.translate(TEXTS[name], to=to, budget=2)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert words in diagnostic.message


def _run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["translate", *arguments])


def test_command_writes_a_file_from_which_paths_still_lead(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "P.json").write_text('{"choices": {"s": {"a": "1/3", "b": "2/3"}}}')
    text = (
        "env m = mdp { initial s; s: a -> s; s: b -> s }\n"
        'policy ref = file "P.json"\n'
        "spec soft in m = E[discounted([action = a] - kl(ref), 0.9)]\n"
    )
    given = tmp_path / "given.spec"
    given.write_text(text)
    out = tmp_path / "elsewhere" / "out.spec"
    result = _run(str(given), "--to", "FTLR", "-o", str(out))
    assert result.exit_code == 0, result.output
    assert '"../P.json"' in out.read_text()
    again = load(out)
    assert again.diagnostics == ()
    spec, other = load(given)["soft"], again["soft"]
    assert isinstance(spec.environment, Mdp)
    for policy in sample_policies(spec.environment, 5, seed=1):
        one, two = evaluate(spec, policy), evaluate(other, policy)
        assert (one.lower, one.upper) == (two.lower, two.upper)


def test_command_prints_the_text_or_json(tmp_path: Path) -> None:
    path = tmp_path / "a.spec"
    path.write_text(FILE)
    plain = _run(str(path), "--spec", "mr", "--to", "rm")
    assert plain.exit_code == 0
    assert load_text(plain.stdout).diagnostics == ()
    found = json.loads(_run(str(path), "--spec", "mr", "--to", "RM", "--json").stdout)
    assert found["text"] == plain.stdout
    assert (found["to"], found["name"], found["path"]) == ("RM", "mr", None)
    assert found["rests_on"] == ["rm-geq-mr"]
    assert (found["trust"], found["policies"]) == ("written proof", 12)


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["--to", "RM"], 2, "E004"),
        (["--spec", "nope", "--to", "RM"], 1, "E210"),
        (["--spec", "ltl", "--to", "XYZ"], 1, "E602"),
        (["--spec", "ltl", "--to", "INMR"], 1, "E931"),
        (["--spec", "ltl", "--to", "FTR", "--budget", "x"], 2, "E004"),
    ],
)
def test_command_failures_are_typed(
    arguments: list[str], status: int, code: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.spec"
    path.write_text(FILE)
    result = _run(str(path), *arguments, "--json")
    assert result.exit_code == status
    assert [d["code"] for d in json.loads(result.stdout)["diagnostics"]] == [code]


def test_the_given_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.spec"
    path.write_text(FILE)
    assert _run(str(path), "--spec", "mr", "--to", "RM", "-o", str(path)).exit_code == 2
    assert path.read_text() == FILE
