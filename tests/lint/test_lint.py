"""Planted exploits are found with the run that does it; mended machines give no warning."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from lint_replay import Original, entered, replay, truth

import specc
from specc.check import check_file
from specc.emit.compiled_model import compiled_model
from specc.emit.controller import signal_controller
from specc.emit.planned import plan
from specc.emit.tables import product_tables
from specc.evaluate.evaluation import evaluate
from specc.lint import Finding, lint
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.objective import stack
from specc.objective.walk import leaves
from specc.resolve.file import Spec, load, load_text

ROOM = '''\
env office = grid {
  map """
    e..|..g
    .*.|.*.
    @.....f
  """
  legend { e: e  f: f  g: g  *: n  |: wall  @: start }
  actions north south east west
}
'''
# Coffee (f) or mail (e), then the office (g), never a plant (n): each with the flaw of the original
# files, that the last state's reward is paid for a plant, too.
FLAWED = {
    "coffee": "0\n[9]\n(0,0,'!f&!n',ConstantRewardFunction(0))\n"
    "(0,5,'f&!n',ConstantRewardFunction(0))\n(5,5,'!g&!n',ConstantRewardFunction(0))\n"
    "(5,9,'g&!n',ConstantRewardFunction(1))\n",
    "both": "0 # first\n[7] # over\n(0,0,'!e&!f&!n',ConstantRewardFunction(0))\n"
    "(0,1,'e&!n',ConstantRewardFunction(0))\n(0,2,'!e&f&!n',ConstantRewardFunction(0))\n"
    "(1,1,'!f&!n',ConstantRewardFunction(0))\n(1,3,'f&!n',ConstantRewardFunction(0))\n"
    "(2,2,'!e&!n',ConstantRewardFunction(0))\n(2,3,'e&!n',ConstantRewardFunction(0))\n"
    "(3,3,'!g&!n',ConstantRewardFunction(0))\n(3,7,'g&!n',ConstantRewardFunction(1))\n",
}
MENDED = {
    "coffee": FLAWED["coffee"].replace("[9]", "[9,8]")
    + "(5,6,'n',ConstantRewardFunction(0))\n(6,6,'True',ConstantRewardFunction(0))\n",
    "both": FLAWED["both"]
    + "(3,8,'n',ConstantRewardFunction(0))\n(8,8,'True',ConstantRewardFunction(0))\n",
}


def warnings(spec: Spec) -> list[Finding]:
    return [finding for finding in lint(spec) if finding.code.startswith("W")]


def machine_of(spec: Spec) -> stack.Machine:
    nodes = (n for number in stack.numbers_of(spec.objective) for n in leaves(number))
    return next(n.machine for n in nodes if isinstance(n, stack.MachineOutput))


def text_task(folder: Path, text: str, place: str = ROOM) -> Spec:
    (folder / "task.txt").write_text(text)
    (folder / "task.spec").write_text(
        f'{place}machine run = rm "task.txt"\nspec deliver = E[discounted(run, 0.9)]\n'
    )
    file = load(folder / "task.spec")
    assert not file.has_errors, file.diagnostics
    return file["deliver"]


@pytest.mark.parametrize("name", FLAWED)
def test_the_original_program_pays_for_a_plant(tmp_path: Path, name: str) -> None:
    spec = text_task(tmp_path, FLAWED[name])
    (found,) = warnings(spec)
    assert found.code == "W531" and found.letter == ("n",)
    assert "pays 1, as if the task were completed" in found.message
    mdp = spec.environment
    assert isinstance(mdp, Mdp) and found.trajectory is not None
    assert replay(mdp, machine_of(spec), found.trajectory) == [0] * len(found.trajectory.moves)
    original = Original(FLAWED[name])
    paid = [original.step(entered(mdp, move.successor)) for move in found.trajectory.moves]
    assert paid == [0.0] * (len(paid) - 1) + [1.0]
    assert "n" in entered(mdp, found.trajectory.moves[-1].successor)


@pytest.mark.parametrize("name", MENDED)
def test_mended_files_pay_the_same_in_both(tmp_path: Path, name: str) -> None:
    spec = text_task(tmp_path, MENDED[name])
    assert warnings(spec) == []
    mdp, machine, rng = spec.environment, machine_of(spec), random.Random(3)
    assert isinstance(mdp, Mdp)
    for _ in range(60):
        original, held, state = Original(MENDED[name]), 0, mdp.initial[0][0]
        while original.state is not None and held not in machine.final and rng.random() < 0.98:
            choice = rng.choice(list(mdp.choices(state)))
            state = int(mdp.successors[mdp.transitions(choice).start])
            labels = entered(mdp, mdp.states[state])
            step = next(
                (s for s in machine.steps if s.source == held and truth(s.guard, labels)), None
            )
            held = step.target if step else machine.otherwise
            emit = step.emit if step else stack.Constant(Fraction(0))
            assert original.step(labels) == emit.value


def test_without_an_environment_there_is_a_letter(tmp_path: Path) -> None:
    (found,) = warnings(text_task(tmp_path, FLAWED["coffee"], ""))
    assert (found.code, found.letter, found.trajectory) == ("W531", ("n",), None)


def test_a_letter_that_no_run_meets_is_no_warning(tmp_path: Path) -> None:
    spec = text_task(tmp_path, FLAWED["coffee"].replace("!n", "!m"), "")
    assert [f.letter for f in warnings(spec)] == [("m",)]
    unmet = ROOM.replace("*: n", "*: n  ?: m")
    assert warnings(text_task(tmp_path, FLAWED["coffee"].replace("!n", "!m"), unmet)) == []


LOOP = """\
env room = mdp { initial s
  s: near -> t
     far -> 9/10 u + 1/10 s
  t: back -> s
  u: stay -> u
  label button: t
  label goal: u }
machine run {
  states u0 u1
  u0 -> TARGET when button emit 1/2
  * -> done when goal emit 1
  final done
}
spec reach in room = E[CRITERION]
"""


@pytest.mark.parametrize(
    ("target", "criterion", "hacked"),
    [
        ("u0", "discounted(run, 0.99)", True),
        ("u0", "2*discounted(run, 0.99)", True),
        ("u0", "average(run)", True),
        ("u0", "discounted(run, 1/2)", False),
        ("u1", "discounted(run, 0.99)", False),
        ("u0", "discounted(run - 1, 0.99)", False),
        ("u0", "discounted(run + [goal], 0.99)", False),
        ("u0", "-discounted(run, 0.99)", False),
    ],
)
def test_reward_loops(target: str, criterion: str, hacked: bool) -> None:
    text = LOOP.replace("TARGET", target).replace("CRITERION", criterion)
    text = text if target == "u1" else text.replace("states u0 u1", "states u0")
    file = load_text(text)
    assert not file.has_errors, file.diagnostics
    found = warnings(file["reach"])
    assert [f.code for f in found] == ["W532"] * hacked
    for finding in found:
        run = finding.trajectory
        assert run is not None and run.loop == 0
        assert replay(file["reach"].environment, machine_of(file["reach"]), run)
        assert run.round_reward == Fraction(1, 2)
        assert file.source.slice(finding.span) == "button"


def _random(seed: int) -> str:
    rng = random.Random(seed)
    rows = []
    for state in range(4):
        choices = [
            f"{action} -> s{rng.randrange(4)}" if rng.random() < 0.6
            else f"{action} -> 1/2 s{rng.randrange(4)} + 1/2 s{state}"
            for action in "xy"
        ]  # fmt: skip
        rows.append(f"  s{state}: " + "\n      ".join(choices))
    labels = "\n".join(f"  label {p}: s{rng.randrange(4)}" for p in "abc")
    pay = [rng.choice(["", " emit 1/4", " emit 1", " emit -1/2"]) for _ in range(3)]
    return (
        f"env e = mdp {{ initial s0\n{chr(10).join(rows)}\n{labels} }}\n"
        f"machine m {{\n  states u v\n  u -> v when a{pay[0]}\n  v -> u when b{pay[1]}\n"
        f"  v -> v when a{pay[2]}\n  * -> done when c emit 1\n  final done }}\n"
        f"spec s in e = E[discounted(m, {rng.choice(['1/2', '9/10', '99/100'])})]\n"
    )


def test_loops_by_brute_force() -> None:
    """A warning only where a policy that never completes is optimal; none is missed where every
    optimal policy never completes but loops for pay."""
    seen = {True: 0, False: 0}
    for seed in range(60):
        spec = load_text(_random(seed))["s"]
        completing, never = _values(spec)
        (found,) = [f for f in warnings(spec) if f.code == "W532"] or [None]
        if found is not None:
            assert completing and max(never) >= max(completing)
            assert replay(spec.environment, machine_of(spec), found.trajectory)
            assert found.trajectory.round_reward > 0
        else:
            assert not completing or not never or max(never) <= max(completing)
        seen[found is not None] += 1
    assert min(seen.values()) >= 5


def _values(spec: Spec) -> tuple[list[Fraction], list[Fraction]]:
    """The values of the policies of the product that may complete, and of those that never do."""
    model = compiled_model(spec)
    paid = replace(
        load_text(f"spec r = E[discounted(native, {_discount(spec)})]")["r"], environment=model
    )
    control = signal_controller(plan(spec).scheme)
    names = [control.states[memory] for _, memory in product_tables(spec).nodes]
    completing: list[Fraction] = []
    never: list[Fraction] = []
    ranges = [model.choices(s) for s in range(model.state_count)]
    ranges = [r if names[s] != "done" else r[:1] for s, r in enumerate(ranges)]
    for choices in itertools.product(*ranges):
        row = [Fraction(0)] * model.choice_count
        for choice in choices:
            row[choice] = Fraction(1)
        value = evaluate(paid, Policy(tuple(row))).value
        (completing if _reaches(model, row, names) else never).append(value)
    return completing, never


def _discount(spec: Spec) -> Fraction:
    number = spec.objective.number.trajectory
    assert isinstance(number, stack.Discounted)
    return number.discount


def _reaches(model: Mdp, row: list[Fraction], names: list[str]) -> bool:
    pending = [s for s, _ in model.initial]
    seen = set(pending)
    while pending:
        s = pending.pop()
        if names[s] == "done":
            return True
        for c in model.choices(s):
            if row[c]:
                fresh = {int(model.successors[t]) for t in model.transitions(c)} - seen
                seen |= fresh
                pending += fresh
    return False


HALL = """\
env hall = mdp { initial s
  s: go -> t
     wait -> s
  t: in -> o
     off -> p
  o: stay -> o
  p: stay -> p
  label office: o
  label plant: PLANT }
machine run {
  states u0
EDGES
  final done fail
}
spec deliver in hall = E[discounted(run, 0.9)]
"""
PAYS, FAILS = "  u0 -> done when office emit 1", "  *  -> fail when plant emit -1"


@pytest.mark.parametrize(
    ("plant", "edges", "codes"),
    [
        ("p, o", [PAYS, FAILS], ["W533"]),
        ("p, o", [FAILS, PAYS], []),
        ("p", [PAYS, FAILS], []),
        ("p, o", [PAYS, FAILS.replace(" emit -1", "")], ["W533"]),
        ("p, o", [PAYS.replace("office", "office & !plant"), FAILS], []),
    ],
)
def test_paid_failures(plant: str, edges: list[str], codes: list[str]) -> None:
    text = HALL.replace("PLANT", plant).replace("EDGES", "\n".join(edges))
    file = load_text(text)
    assert not file.has_errors, file.diagnostics
    found = warnings(file["deliver"])
    assert [f.code for f in found] == codes
    for finding in found:
        run = finding.trajectory
        assert run is not None
        assert replay(file["deliver"].environment, machine_of(file["deliver"]), run)[-1] == 1
        assert "plant" in entered(file["deliver"].environment, run.moves[-1].successor)


def test_a_wait_for_another_phase_is_no_failure() -> None:
    """Water kills without boots and is the goal with them."""
    text = (
        "env e = mdp { initial s\n s: x -> b\n    y -> w\n b: x -> w\n w: x -> w\n"
        " label boots: b\n label water: w }\n"
        "machine m { states u v\n u -> v when boots\n u -> dead when water emit -1\n"
        " v -> done when water emit 1\n final dead done }\nspec s in e = E[discounted(m, 0.9)]\n"
    )
    assert warnings(load_text(text)["s"]) == []


def test_overlaps_and_gaps_have_witness_letters() -> None:
    text = HALL.replace("PLANT", "p, o").replace("EDGES", f"{FAILS}\n{PAYS}")
    found = {f.code: f for f in lint(load_text(text)["deliver"])}
    assert set(found) == {"N531", "N532"}
    assert set(found["N531"].letter) == {"plant", "office"}
    assert str(found["N531"].trajectory) == "s -go-> t -in-> o"
    assert found["N532"].letter == () and "in `u0` on the letter {}" in found["N532"].message
    alone_text = "machine" + text.partition("machine")[2].replace(" in hall", "")
    alone = {f.code: f for f in lint(load_text(alone_text)["deliver"])}
    assert set(alone["N531"].letter) == {"plant", "office"} and alone["N531"].trajectory is None


@pytest.mark.parametrize("seed", range(8))
def test_witness_letters_are_letters(seed: int) -> None:
    """On every named letter the machine does what the note says, by plain Python."""
    rng = random.Random(seed)
    edges = []
    for source, target in itertools.product("uv", repeat=2):
        guard = rng.choice(["a", "a & b", "!a | c", "b & !c", "a <-> b", "true", "!(a | b)"])
        edges.append(f"{source} -> {target} when {guard} emit {rng.randint(0, 1)}")
    text = "machine m { states u v\n" + "\n".join(edges) + " }\nspec s = E[discounted(m, 0.9)]\n"
    spec = load_text(text)["s"]
    machine = machine_of(spec)
    for finding in lint(spec):
        letter = set(finding.letter)
        counts = [
            [truth(s.guard, letter) for s in machine.steps if s.source == state].count(True)
            for state in (0, 1)
        ]
        assert (max(counts) >= 2) if finding.code == "N531" else (min(counts) == 0)
    every = [set(c) for n in range(4) for c in itertools.combinations("abc", n)]
    gaps = any(
        not any(truth(s.guard, letter) for s in machine.steps if s.source == state)
        for letter in every for state in (0, 1)
    )  # fmt: skip
    assert gaps == any(f.code == "N532" for f in lint(spec))


def test_check_warns_once_and_the_examples_are_clean() -> None:
    text = HALL.replace("PLANT", "p, o").replace("EDGES", f"{PAYS}\n{FAILS}")
    file = load_text(text + "spec again in hall = E[discounted(run, 0.8)]\n")
    assert [d.code for d in check_file(file, against=()).diagnostics] == ["W533"]
    assert specc.lint(file["again"]) == lint(file["again"])
    for path in sorted((Path(__file__).parents[2] / "examples").glob("*.spec")):
        for spec in load(path).specs.values():
            assert warnings(spec) == []
