"""`specc compile --scheme`: the choice, its reason, and what it does not preserve."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

FILE = """\
env room = mdp {
  initial s
  s: brief -> b
     slow -> 9/10 good + 1/10 lost
  b: go -> lost
  good: on -> good
  lost: on -> lost
  label goal: b, good
}
spec again in room = P[G F goal]
spec once in room = P[F goal]
spec gains in room = E[discounted([goal], 0.9)]
"""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "room.spec").write_text(FILE)
    return tmp_path


def test_the_default_says_why_and_what_is_lost(invoke: Run, room: Path) -> None:
    result = invoke("compile", "room.spec", "--target", "gym")
    assert result.status == 0
    again, once = result.err.strip().splitlines()
    assert again.startswith("note: again: scheme `gadget`: no finite part of a run decides")
    assert "Not preserved: At a fixed zeta" in again
    assert again.endswith("satisfies the formula with probability 9/10, the greatest possible.")
    assert once.startswith("note: once: scheme `exact`: a finite prefix")


@pytest.mark.parametrize("scheme", ["gadget", "two-discounts", "average"])
def test_a_choice_is_in_the_module(invoke: Run, room: Path, scheme: str) -> None:
    result = invoke("compile", "room.spec", "--target", "gym", "--scheme", scheme)
    assert result.status == 0
    assert result.out.splitlines() == ["again.py", "once.py", "gains.py"]
    assert f"again: scheme `{scheme}`: it was asked for" in result.err
    module = runpy.run_path(str(room / "again.py"))
    expected = {
        "gadget": ("buchi", 0.99, 0.0),
        "two-discounts": ("buchi", 0.99 / 0.9999, 1 / 10_000),
        "average": (None, 1.0, 1.0),
    }[scheme]
    tables = module["TABLES"]
    most = max(reward for row in tables["moves"] for _, reward, _ in row)
    assert (tables["formula"], tables["zeta"], most) == expected


def test_zeta(invoke: Run, room: Path) -> None:
    result = invoke("compile", "room.spec", "--target", "gym", "--zeta", "1/50", "--spec", "again")
    assert result.status == 0
    assert "with probability 0 only, where 9/10 is possible: zeta is too small." in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--scheme", "exact", "--spec", "again"), "no finite part of a run decides"),
        (("--scheme", "gadget", "--spec", "gains"), "not the probability of one formula"),
        (("--zeta", "2"), "zeta lies between 0 and 1"),
        (("--scheme", "average", "--zeta", "0.5"), "no parameter zeta"),
    ],
)
def test_refusals(invoke: Run, room: Path, arguments: tuple[str, ...], message: str) -> None:
    result = invoke("compile", "room.spec", "--target", "gym", *arguments)
    assert result.status == 1 and "error[E816]" in result.err and message in result.err
