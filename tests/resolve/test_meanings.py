"""What names stand for, which environments see them, and how many mistakes are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.automata.formula import Atom, Connective, Truth
from specc.diagnostics import SpecError
from specc.objective import stack
from specc.resolve.file import TaskFile, load, load_text

_WALK = """\
env walk = mdp {
  initial s0
  s0: go -> s1
      wait -> s0
  s1: go -> s1
  label goal: s1
  label hop: s0 go s1
}
"""


def _codes(file: TaskFile) -> list[str]:
    return [d.code for d in file.diagnostics]


def _formula(text: str, before: str = "") -> stack.Satisfaction:
    file = load_text(f"{before}spec x = P[{text}]\n")
    assert file.diagnostics == ()
    objective = file["x"].objective
    assert isinstance(objective, stack.Scalar)
    assert isinstance(objective.number, stack.Expectation)
    found = objective.number.trajectory
    assert isinstance(found, stack.Satisfaction)
    return found


def test_words_split_as_spot_prints_them() -> None:
    always_eventually = Connective("G", (Connective("F", (Atom("a"),)),))
    assert _formula("GFa").formula == always_eventually
    assert _formula("GFa").meaning == (("a", stack.LabelIs("a")),)
    assert _formula("GF1").formula == Connective("G", (Connective("F", (Truth(True),)),))


def test_a_declared_or_quoted_word_is_whole() -> None:
    assert _formula("GFa", "prop GFa = b\n").meaning == (("GFa", stack.LabelIs("b")),)
    assert _formula('"GFa"').formula == Atom("GFa")
    assert _formula('"F"').meaning == (("F", stack.LabelIs("F")),)
    # The longest declared tail wins.
    assert _formula("GFa", "prop Fa = b\n").formula == Connective("G", (Atom("Fa"),))


def test_a_label_spelt_like_a_condition_stays_apart() -> None:
    found = _formula('F at(s0) & G "at(s0)"')
    assert sorted(repr(guard) for _, guard in found.meaning) == [
        repr(stack.Here("s0")),
        repr(stack.LabelIs("at(s0)")),
    ]
    product = load_text('spec x = E[sup([at(s0)])*sat(F "at(s0)")]\n')
    assert product.diagnostics == ()


def test_without_environment_every_word_is_a_label() -> None:
    file = load_text("spec x = E[average([any & at(somewhere) & action = jump])]\n")
    assert file.diagnostics == ()
    assert file["x"].environment is None


def test_one_environment_is_every_specs() -> None:
    file = load_text(_WALK + "spec x = P[F goal]\nspec y = P[F gaol]\n")
    assert file["x"].environment_name == "walk"
    assert _codes(file) == ["E201"]


def test_environments_share_the_names_of_the_file() -> None:
    other = _WALK.replace("walk", "run").replace("goal", "end")
    text = _WALK + other + "prop here = from(at(s0))\nreward r = [here] + [goal]\n"
    file = load_text(text + "spec x in walk = E[average(r)]\nspec y in run = E[average(r)]\n")
    assert list(file.specs) == ["x"]
    assert _codes(file) == ["E201"]


def test_a_name_that_is_a_label_elsewhere() -> None:
    other = _WALK.replace("walk", "run").replace("goal", "end")
    text = _WALK + other + "prop end = goal\n"
    file = load_text(text + "spec x in walk = P[F end]\nspec y in run = P[F end]\n")
    assert list(file.specs) == ["x"]
    assert _codes(file) == ["E209"]


@pytest.mark.parametrize(
    ("guard", "code"),
    [
        ("from(goal)", None),
        ("from(at(s1) & !goal)", None),
        ("from(hop)", "E301"),
        ("from(action = go)", "E301"),
        ("from(from(goal))", "E301"),
        ("from(gaol)", "E201"),
        ("at(s2)", "E204"),
        ("from(at(s2))", "E204"),
        ("action = fly", "E204"),
        ("obs[0] > 1", "E205"),
        ("info.done", "E301"),
        ("entropy > 1", "E301"),
    ],
)
def test_guards(guard: str, code: str | None) -> None:
    file = load_text(_WALK + f"spec x in walk = P[F ({guard})]\n")
    assert _codes(file) == ([code] if code else [])


@pytest.mark.parametrize("body", ["tip -> tip", "-> a when tip"])
def test_loops_are_shown_once(body: str) -> None:
    file = load_text("prop a = b\nprop b = c | a\nprop c = a\nspec x = P[F a]\n" + f"# {body}\n")
    assert "E206" in _codes(file)
    assert not file.specs


def test_doublings_are_bounded() -> None:
    text = "reward a0 = [g]\n" + "".join(f"reward a{i + 1} = a{i} + a{i}\n" for i in range(60))
    assert set(_codes(load_text(text + "spec x = E[average(a60)]\n"))) == {"E307"}
    assert load_text(text[: text.index("reward a9 ")] + "spec x = E[average(a8)]\n").specs


def test_long_chains_are_bounded() -> None:
    text = "reward a0 = [g]\n" + "".join(f"reward a{i + 1} = a{i} + 1\n" for i in range(400))
    for lines in (text, "\n".join(reversed(text.splitlines())) + "\n"):
        file = load_text(lines + "spec x = E[average(a400)]\nspec y = E[average(a20)]\n")
        assert set(_codes(file)) == {"E307"}
        assert list(file.specs) == ["y"]


def test_policies() -> None:
    text = 'policy mine = uniform\npolicy far = file "none.json"\n'
    file = load_text(_WALK + text + "spec x in walk = E[average(kl(mine) + kl(uniform))]\n")
    assert file.diagnostics == ()
    assert sorted(file.policies) == ["far", "mine"]
    file = load_text(_WALK + "spec x in walk = policy(go | s0)\nspec y in walk = policy(go | s9)\n")
    assert list(file.specs) == ["x"]
    assert _codes(file) == ["E204"]


def test_ten_mistakes_are_ten_errors() -> None:
    wrong = [
        "E[average([gaol])]",
        "E[average(tipp)]",
        "E[average(native)]",
        "E[average([at(s7)])]",
        "E[discounted([goal], 1)]",
        "E[discounted([goal], 1e400)]",
        "E[discounted([goal])]",
        "average([goal])",
        "P[average([goal])]",
        "E[avrage([goal])]",
        "E[average([goal] - kl(habit))]",
    ]
    text = "".join(f"spec x{i} in walk = {body}\n" for i, body in enumerate(wrong))
    file = load_text(_WALK + text)
    assert _codes(file) == [
        *("E201", "E202", "E203", "E204", "E303"),
        *("E303", "E304", "E305", "E306", "E208", "E207"),
    ]
    assert not file.specs
    assert file.has_errors


def test_what_there_is_when_a_spec_is_asked_for() -> None:
    file = load_text("spec x = P[F a]\n")
    with pytest.raises(SpecError, match="no spec `y`"):
        file["y"]


def test_files_that_are_no_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.spec"
    path.write_bytes(b"spec x = P[F a]\n# \xff\n")
    assert _codes(load(path)) == ["E200"]
    path.write_bytes(b"\xef\xbb\xbfspec x = P[F a]\n")
    assert list(load(path).specs) == ["x"]
    with pytest.raises(OSError):
        load(tmp_path / "none.spec")
