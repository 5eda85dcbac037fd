"""Model files: round trips, Storm on both sides, and mistakes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import stormpy
from hypothesis import given
from hypothesis import strategies as st
from readings import Load, LoadMdp, members, rows, same
from stormpy.io import export_to_drn

from specc.diagnostics import SpecError
from specc.model.drn import read_drn
from specc.model.drn_writer import drn_lines, drn_losses
from specc.model.json_format import json_text, read_json
from specc.model.mdp import Mdp, MdpBuilder

_PRISM = """mdp
const int K;
module m
 x:[0..3];
 [a] x<K -> 1/3:(x'=x+1)+2/3:(x'=0);
 [b] x<K -> (x'=x);
 [] x=K -> (x'=K);
endmodule
label "done" = x=K;
rewards "steps"
 x=0 : 1/2;
 [a] true: 1;
endrewards
"""


@st.composite
def _mdps(draw: st.DrawFn) -> Mdp:
    builder = MdpBuilder("random")
    states = [f"s{i}" for i in range(draw(st.integers(1, 4)))]
    for state in states:
        builder.state(state)
    builder.declare_label("goal")
    builder.declare_transition_label("jump")
    over = draw(st.sets(st.sampled_from(states)))
    for state in states:
        for action in range(draw(st.integers(1, 2))):
            entered = sorted(over) if state in over else states
            targets = draw(st.lists(st.sampled_from(entered), unique=True, min_size=1))
            weights = [draw(st.integers(1, 5)) for _ in targets]
            row = [(t, Fraction(w, sum(weights))) for t, w in zip(targets, weights, strict=True)]
            paid = {t: draw(st.fractions(max_denominator=9)) for t in targets}
            jumps = draw(st.sets(st.sampled_from(targets)))
            builder.add(
                state, f"a{action}", row, rewards={"": paid, "cost": paid}, labels={"jump": jumps}
            )
        if draw(st.booleans()):
            builder.label_state("goal", state)
        if state in over:
            builder.stop(state)
    return builder.build([(draw(st.sampled_from(states)), Fraction(1))])


@given(_mdps())
def test_json_round_trip(tmp_path_factory: pytest.TempPathFactory, mdp: Mdp) -> None:
    path = tmp_path_factory.mktemp("json") / "m.json"
    path.write_text("".join(json_text(mdp)), encoding="utf-8")
    found = read_json(path, "random")
    assert found.remarks == ()
    found.mdp.validate()
    assert same(mdp, found.mdp)


def test_json_keeps_coordinates_and_observations(load_mdp: LoadMdp, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    for text in ('grid { map """\n@.\n"""\n legend { }\n actions east }', 'gym "Taxi-v4"'):
        mdp = load_mdp(text)
        path.write_text("".join(json_text(mdp)), encoding="utf-8")
        assert same(mdp, read_json(path, "x").mdp)


@given(_mdps())
def test_drn_round_trip(tmp_path_factory: pytest.TempPathFactory, mdp: Mdp) -> None:
    path = tmp_path_factory.mktemp("drn") / "m.drn"
    path.write_text("".join(drn_lines(mdp)), encoding="utf-8")
    found = read_drn(path, "random").mdp
    found.validate()
    assert rows(found) == rows(mdp)
    assert found.initial == mdp.initial
    assert any("jump" in loss for loss in drn_losses(mdp))
    for name, reward in mdp.rewards.items():
        for choice in range(mdp.choice_count):
            expected = sum(mdp.probabilities[t] * reward[t] for t in mdp.transitions(choice))
            assert all(found.rewards[name][t] == expected for t in found.transitions(choice))


def test_storm_reads_what_is_written(load_mdp: LoadMdp, tmp_path: Path) -> None:
    mdp = load_mdp('gym "FrozenLake-v1"')
    path = tmp_path / "lake.drn"
    path.write_text("".join(drn_lines(mdp)), encoding="utf-8")
    model = stormpy.build_model_from_drn[stormpy.Rational](str(path))
    assert (model.nr_states, model.nr_choices) == (mdp.state_count, mdp.choice_count)
    assert model.nr_transitions == mdp.transition_count
    goals = set(model.labeling.get_states("goal"))
    assert {mdp.states[s] for s in goals} == members(mdp, "goal")


@pytest.mark.parametrize("exact", [False, True], ids=["double", "rational"])
def test_what_storm_writes_is_read(exact: bool, load: Load, tmp_path: Path) -> None:
    (tmp_path / "m.prism").write_text(_PRISM)
    program = stormpy.parse_prism_program(str(tmp_path / "m.prism"))
    program, _ = stormpy.instantiate_constants(program, "K=2")
    options = stormpy.BuilderOptions(build_full=True)
    kind = stormpy.Rational if exact else float
    model = stormpy.build_model[kind](program, options=options)
    export_to_drn(model, str(tmp_path / "m.drn"))
    mdp, problems = load('file "m.drn"')
    assert isinstance(mdp, Mdp)
    mdp.validate()
    assert [d.code for d in problems] == ([] if exact else ["N421"])
    assert rows(mdp)["s0", "a"] == {"s0": Fraction(2, 3), "s1": Fraction(1, 3)}
    assert members(mdp, "done") == {"s2"}
    assert mdp.rewards["steps"].exact()[:3] == [Fraction(3, 2)] * 2 + [Fraction(1, 2)]
    if exact:
        direct, problems = load('file "m.prism" (K=2)')
        assert problems == []
        assert isinstance(direct, Mdp)
        assert same(direct, mdp)


@pytest.mark.parametrize(("arguments", "word"), [("", "`K`"), ("(K=2, L=1)", "`L`")])
def test_prism_constants(arguments: str, word: str, load: Load, tmp_path: Path) -> None:
    (tmp_path / "m.prism").write_text(_PRISM)
    mdp, (problem,) = load(f'file "m.prism" {arguments}')
    assert mdp is None
    assert problem.code == "E436"
    assert word in problem.message


_HEAD = "@type: MDP\n@parameters\n\n@reward_models\n\n@nr_states\n2\n@nr_choices\n2\n@model\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (_HEAD + "state 0 init\n\taction 0\n\t\t1 : 1\nstate 1\n\taction 0\n\t\t1 : 1/2\n", "E435"),
        (_HEAD + "state 0 init\n\taction 0\n\t\t2 : 1\n", "E433"),
        (_HEAD + "state 1 init\n", "E433"),
        (_HEAD + "state 0\n\taction 0\n\t\t1 : 1\nstate 1\n\taction 0\n\t\t1 : 1\n", "E433"),
        (_HEAD.replace("MDP", "CTMC"), "E434"),
        (_HEAD.replace("@parameters\n", "@parameters\np q"), "E434"),
        (_HEAD.replace("\n2\n@nr_choices", "\n99999999999\n@nr_choices"), "E419"),
        ("", "E433"),
    ],
)
def test_drn_mistakes(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "m.drn"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        read_drn(path, "x")
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_drn_deadlocks_and_several_starts(load: Load, tmp_path: Path) -> None:
    (tmp_path / "m.drn").write_text(_HEAD + "state 0 init\n\taction 0\n\t\t1 : 1\nstate 1 init\n")
    mdp, problems = load('file "m.drn"')
    assert isinstance(mdp, Mdp)
    assert sorted(d.code for d in problems) == ["N422", "W401"]
    assert mdp.initial == ((0, Fraction(1, 2)), (1, Fraction(1, 2)))
    assert rows(mdp)["s1", "stay"] == {"s1": Fraction(1)}


_JSON = '{"specc": "mdp", "version": 1, "initial": {"s": "1"}, "states": {"s": %s}}'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (_JSON % '{"actions": {"a": {"s": "1/2"}}}', "E435"),
        (_JSON % '{"actions": {"a": {"t": "1"}}}', "E433"),
        (_JSON % '{"actions": {"a": {"s": "1"}, "a": {"s": "1"}}}', "E433"),
        (_JSON % '{"actions": {"a": {"s": NaN}}}', "E433"),
        (_JSON % '{"actions": {"a": {"s": true}}}', "E433"),
        (_JSON % '{"actions": {}}', "E433"),
        (_JSON % '{"actons": {}}', "E433"),
        (_JSON.replace("%s}", "%s, ") % '{"stopped": true, "actions": {"a": {"t": "1"}}}'
         + '"t": {"actions": {"a": {"t": "1"}}}}', "E433"),
        ("[" * 100_000, "E433"),
        ("{", "E433"),
        ("3", "E433"),
    ],
)  # fmt: skip
def test_json_mistakes(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        read_json(path, "x")
    assert [d.code for d in caught.value.diagnostics] == [code]
