"""Written MDPs, and all their mistakes at once."""

from __future__ import annotations

from fractions import Fraction

from readings import Load, LoadMdp, marked, members, rows


def test_as_written(load_mdp: LoadMdp) -> None:
    mdp = load_mdp(
        "mdp { initial 1/4 s0 + 3/4 s1\n s0: a -> s1\n b -> 1/2 s0 + 1/2 s1\n s1: c -> s1\n"
        " s9: a -> s0\n label goal: s1\n label goal: s9\n label jump: s0 b s1 }"
    )
    assert mdp.states == ("s0", "s1", "s9")
    assert mdp.initial == ((0, Fraction(1, 4)), (1, Fraction(3, 4)))
    assert rows(mdp) == {
        ("s0", "a"): {"s1": Fraction(1)},
        ("s0", "b"): {"s0": Fraction(1, 2), "s1": Fraction(1, 2)},
        ("s1", "c"): {"s1": Fraction(1)},
        ("s9", "a"): {"s0": Fraction(1)},
    }
    assert members(mdp, "goal") == {"s1", "s9"}
    assert marked(mdp, "jump") == {("s0", "b", "s1")}


def test_a_deadlock_stays_with_a_warning(load: Load) -> None:
    mdp, problems = load("mdp { initial s0\n s0: a -> s1 }")
    assert [d.code for d in problems] == ["W401"]
    assert mdp is not None
    assert rows(mdp)["s1", "stay"] == {"s1": Fraction(1)}  # type: ignore[arg-type]


def test_every_mistake_is_shown(load: Load) -> None:
    mdp, problems = load(
        "mdp { initial s7\n s0: a -> 1/2 s0 + 1/3 s1\n a -> s1\n s1: a -> s1\n"
        " label p: s8\n label p: s0 a s1\n label q: s1 a s0 }"
    )
    assert mdp is None
    assert sorted(d.code for d in problems) == ["E401", "E402", "E403", "E403", "E405", "E406"]
    message = next(d.message for d in problems if d.code == "E401")
    assert "5/6" in message


def test_the_nearest_state_is_offered(load: Load) -> None:
    _, (problem,) = load(
        "mdp { initial start\n start: a -> office\n office: a -> start\n label p: ofice }"
    )
    assert problem.help == "did you mean `office`?"
