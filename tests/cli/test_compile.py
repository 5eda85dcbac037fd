"""`specc compile`: every target, read back as its reader reads it."""

from __future__ import annotations

import re
import runpy
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import gymnasium
import numpy as np
import pytest

from specc.evaluate.evaluation import evaluate
from specc.model.policy import uniform
from specc.resolve.file import load

if TYPE_CHECKING:
    from conftest import Run

ROOM = """\
env room = mdp {
  initial 1/3 a + 2/3 b
  a: go -> 1/2 b + 1/2 c
     stay -> a
  b: go -> c
  c: go -> 1/7 a + 6/7 c
  label here: a, c
  label there: b
}
machine tour {
  states u v
  u -> v when here emit 1/4
  v -> u when there emit -2.5
}
"""
SPECS = {
    "mr": "E[discounted(1/3*[here] - [there & from(here)], 0.9)]",
    "rm": "E[discounted(tour, 0.9)]",
    "ltl": "P[G (here | X here)]",
    "recur": "P[G F there]",
    "lar": "E[average(2*[here] - 1/3)]",
    "cover": "E[coverage(horizon=4)]",
    "power": "E[2**total([here], horizon=3)]",
    "pair": "lexicographic(E[average([here])], E[average([there])])",
}
FILE = ROOM + "".join(f"spec {name} in room = {text}\n" for name, text in SPECS.items())


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "room.spec").write_text(FILE)
    return tmp_path


def chosen(*names: str) -> list[str]:
    return [argument for name in names for argument in ("--spec", name)]


def value(path: Path, name: str) -> Fraction:
    file = load(path)
    assert not file.has_errors, file.diagnostics
    found = evaluate(file[name], uniform(file[name].environment)).value
    assert isinstance(found, Fraction)
    return found


def test_gym_modules(invoke: Run, room: Path) -> None:
    names = [name for name in SPECS if name != "pair"]
    result = invoke("compile", "room.spec", "--target", "gym", "-o", "out", *chosen(*names))
    assert result.status == 0
    told = [line.split(":")[:3] for line in result.err.splitlines() if line.startswith("note:")]
    assert told == [["note", " ltl", " scheme `exact`"], ["note", " recur", " scheme `gadget`"]]
    assert result.out.splitlines() == [str(Path("out", f"{name}.py")) for name in names]
    for name in names:
        module = runpy.run_path(str(room / "out" / f"{name}.py"))
        assert SPECS[name] in module["SPEC"]
        limited = gymnasium.wrappers.TimeLimit(module["make"](), 30)
        env = module["wrap"](limited, observe="index")
        observed, _ = env.reset(seed=0)
        assert env.observation_space.contains(observed)
        steps, ended = 0, False
        while not ended:
            observed, reward, over, cut, info = env.step(0)
            assert env.observation_space.contains(observed) and np.isfinite(reward)
            steps, ended = steps + 1, over or cut
        assert steps == {"cover": 4, "power": 3}.get(name, steps)
        assert info["specc"]["formalism"]


def test_one_refusal_does_not_stop_the_others(invoke: Run, room: Path) -> None:
    result = invoke("compile", "room.spec", "--target", "gym")
    assert result.status == 1
    assert "error[E801]" in result.err and "room.spec:" in result.err and "pair" in result.err
    assert len(result.out.splitlines()) == len(SPECS) - 1
    assert not (room / "pair.py").exists()


@pytest.mark.parametrize(
    ("target", "name", "code"),
    [
        ("hoa", "rm", "E812"), ("rm", "mr", "E812"), ("rm", "recur", "E812"),
        ("rm", "cover", "E812"), ("numba", "cover", "E812"), ("json", "recur", "E812"),
        ("drn", "pair", "E801"),
    ],
)  # fmt: skip
def test_targets_that_cannot_say_it(
    invoke: Run, room: Path, target: str, name: str, code: str
) -> None:
    result = invoke("compile", "room.spec", "--target", target, "-o", "out", *chosen(name))
    assert result.status == 1
    assert f"error[{code}]" in result.err and "help:" in result.err
    assert "Traceback" not in result.err
    assert result.out == "" and not (room / "out").exists()


@pytest.mark.parametrize("target", ["json", "drn"])
def test_models_keep_the_exact_value(invoke: Run, room: Path, target: str) -> None:
    names = ("mr", "rm", "cover", "power")
    result = invoke("compile", "room.spec", "--target", target, *chosen(*names))
    assert result.status == 0
    before = {"cover": Fraction(1), "power": Fraction(1)}
    for name in names:
        total = "total(native, horizon=9)" if name in before else "discounted(native, 0.9)"
        again = room / f"{name}_again.spec"
        again.write_text(f'env e = file "{name}.{target}"\nspec s in e = E[{total}]\n')
        if target == "drn":
            # The format has no weights on initial states, and says so.
            assert f"{name}: in this format the initial distribution is not uniform" in result.err
            continue
        assert value(again, "s") == value(room / "room.spec", name) - before.get(name, 0)


def test_a_model_that_storm_reads(invoke: Run, room: Path) -> None:
    stormpy = pytest.importorskip("stormpy")
    text = FILE.replace("initial 1/3 a + 2/3 b", "initial a")
    (room / "one.spec").write_text(text)
    assert invoke("compile", "one.spec", "--target", "drn", *chosen("lar")).status == 0
    model = stormpy.build_model_from_drn[stormpy.Rational](str(room / "lar.drn"))
    (question,) = stormpy.parse_properties("Rmax=? [ LRA ]")
    result = stormpy.model_checking(model, question)
    best = Fraction(str(result.get_value(model.initial_states[0])))
    from specc.optimise import solve

    # Constants outside the mean's terms are not paid: they order no policies.
    assert best - Fraction(1, 3) == solve(load(room / "one.spec")["lar"], exact=True).exact


def test_an_automaton_that_spot_reads(invoke: Run, room: Path) -> None:
    import spot

    assert invoke("compile", "room.spec", "--target", "hoa", *chosen("ltl", "recur")).status == 0
    for name, formula in (("ltl", "G(here | X here)"), ("recur", "GF there")):
        read = spot.automaton(str(room / f"{name}.hoa"))
        assert spot.are_equivalent(read, spot.formula(formula))


def test_a_reward_machine_that_we_read(invoke: Run, room: Path) -> None:
    assert invoke("compile", "room.spec", "--target", "rm", *chosen("rm")).status == 0
    assert "ConstantRewardFunction(-2.5)" in (room / "rm.txt").read_text()
    again = room / "again.spec"
    again.write_text(FILE + 'machine m = rm "rm.txt"\nspec s in room = E[discounted(m, 0.9)]\n')
    assert value(again, "s") == value(room / "room.spec", "rm")


def test_tables_that_numpy_reads(invoke: Run, room: Path) -> None:
    assert invoke("compile", "room.spec", "--target", "numba", *chosen("rm")).status == 0
    tables = np.load(room / "rm.npz", allow_pickle=False)
    assert set(np.unique(tables["reward"])) == {-2.5, 0.0, 0.25}
    page = (room / "rm.md").read_text()
    assert re.search(r"1\. `(here|there)`", page)


def test_modules_for_torch(invoke: Run, room: Path) -> None:
    names = [name for name in SPECS if name != "pair"]
    result = invoke("compile", "room.spec", "--target", "torch", "-o", "out", *chosen(*names))
    assert result.status == 0
    assert result.out.splitlines() == [str(Path("out", f"{name}_torch.py")) for name in names]
    for name in names:
        module = runpy.run_path(str(room / "out" / f"{name}_torch.py"))
        kernel = module["Kernel"]()
        width = len(module["PROPOSITIONS"])
        if width:
            letters = np.ones((2, width), dtype=np.bool_)
            state, reward, _ = kernel.step(
                kernel.initial(2, letters), letters, draws=np.full(2, 0.5)
            )
        else:
            state, reward, _ = kernel.step(kernel.initial(2, np.zeros(2, dtype=int)), [0, 1])
        assert reward.shape == state.memory.shape == (2,)


def test_models_that_prism_reads(invoke: Run, room: Path) -> None:
    """specc's own reader, too, through Storm."""
    names = ("mr", "rm", "cover", "power")
    result = invoke("compile", "room.spec", "--target", "prism", *chosen(*names))
    assert result.status == 0 and "note:" not in result.err
    for name in names:
        again = room / "again.spec"
        # A sum until `over` is the value, less what the first state is worth already.
        again.write_text(f'env e = file "{name}.prism"\nspec s in e = E[total(native("reward"))]\n')
        own = load(room / "room.spec")[name]
        text = (room / f"{name}.prism").read_text()
        before = Fraction(re.search(r"property's value(?: plus (\S+))?\.$", text, re.M)[1] or 0)
        assert evaluate(own, uniform(own.environment)).value == value(again, "s") + before


def test_usage(invoke: Run, room: Path) -> None:
    (room / "plain").write_text("old")
    for out in ("plain", "plain/deeper"):
        result = invoke("compile", "room.spec", "--target", "gym", "-o", out, *chosen("mr"))
        assert result.status == 2 and "error[E00" in result.err
    assert (room / "plain").read_text() == "old"
    assert invoke("compile", "nowhere.spec", "--target", "gym").status == 2
    assert invoke("compile", "room.spec", "--target", "paper").status == 2
    assert invoke("compile", "room.spec", "--target", "gym", *chosen("nothing")).status != 0


def test_an_unfinished_write_leaves_the_old_file(
    invoke: Run, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (room / "mr.py").write_text("old")

    def broken(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(target))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", broken)
        result = invoke("compile", "room.spec", "--target", "gym", *chosen("mr"))
    assert result.status == 2 and "no space left" in result.err
    assert (room / "mr.py").read_text() == "old"
    assert sorted(path.name for path in room.iterdir()) == ["mr.py", "room.spec"]
    assert invoke("compile", "room.spec", "--target", "gym", *chosen("mr")).status == 0
    assert "TABLES" in (room / "mr.py").read_text()
