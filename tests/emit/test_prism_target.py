"""``specc compile --target prism``: Storm reads the model, and answers what specc answers."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
import stormpy
from emit_specs import spec
from scheme_models import random_text

import specc
from specc.diagnostics import SpecError
from specc.emit.prism_question import relation
from specc.emit.schemes.attained import attained
from specc.emit.schemes.choice import with_scheme
from specc.emit.targets import write_target
from specc.resolve.file import Spec, load_text


def asked_of_storm(task: Spec, folder: Path) -> Fraction:
    """The value of the property in the file, by Storm's exact engine."""
    (path,) = write_target(task, "prism", folder)
    question = re.search(r"^// ((?:P|R).*\])$", path.read_text(), re.MULTILINE)
    assert question is not None
    program = stormpy.parse_prism_program(str(path))
    options = stormpy.developer.BuilderOptions(build_all_reward_models=True, build_all_labels=True)
    model = stormpy.build_model[stormpy.Rational](program, options=options)
    (wanted,) = stormpy.parse_properties(question[1], program)
    (start,) = model.initial_states
    return Fraction(str(stormpy.model_checking(model, wanted).get_value(start)))


DECIDED = ("reach", "stay", "fail", "next", "often", "patrol", "settle", "coin")
PAID = ("prize", "walk", "falls", "fare", "deliver", "both", "rate", "soon", "paid")
GAINS = ("twice", "power")


@pytest.mark.parametrize("name", [*DECIDED, *PAID, *GAINS])
def test_storm_finds_the_optimum(name: str, tmp_path: Path) -> None:
    factor, offset = relation(spec(name))
    found = factor * asked_of_storm(spec(name), tmp_path) + offset
    solved = specc.solve(spec(name), precision=Fraction(1, 10**9))
    assert solved.lower - 1e-9 <= found <= solved.upper + 1e-9


@pytest.mark.parametrize("scheme", ["gadget", "two-discounts", "average"])
def test_storm_finds_the_optimum_of_a_scheme(scheme: str, tmp_path: Path) -> None:
    optima = set()
    for seed in range(8):
        zeta = None if scheme == "average" else "9/10"
        task = with_scheme(load_text(random_text(seed))["s"], scheme, zeta)
        found = asked_of_storm(task, tmp_path)
        assert found == attained(task).reward, seed
        optima.add(found)
    assert len(optima) > 2


def test_random_formulas_have_their_own_probability(tmp_path: Path) -> None:
    for seed in range(12):
        task = load_text(random_text(seed))["s"]
        factor, offset = relation(task)
        assert factor * asked_of_storm(task, tmp_path) + offset == attained(task).optimum


MIXED = """
env e = mdp {
  initial 1/4 s + 3/4 north
  s: north -> north
     max -> 1/2 s + 1/2 end
  north: b -> s
         3 -> north
  end: stay -> end
  label init: s
  label used: s max end
}
spec poor in e = E[-2*sup([used]) - 1]
spec wins in e = 3 - 2*P[F used]
spec high in e = exp(E[discounted([used], 0.9)])
"""


LOSING = """
env e = mdp {
  initial u
  u: go -> s
  s: pay -> 1/2 t + 1/2 lost
     wait -> s
  t: on -> t
  lost: on -> lost
  label cost: u go s
  label gain: t
}
spec dear in e = E[-(sup([cost]) + sup([gain]))**2]
spec loud in e = E[(2*sup([gain]) - sup([cost]))**3]
"""


def test_sums_that_never_surely_end(tmp_path: Path) -> None:
    file = load_text(LOSING)
    assert not file.has_errors, file.diagnostics
    (path,) = write_target(file["dear"], "prism", tmp_path)
    assert "negated" in path.read_text() and 'R{"loss"}min=? [ C ]' in path.read_text()
    # The first step costs 1; then it is best to wait for ever.
    assert asked_of_storm(file["dear"], tmp_path) == 1
    # The power is -1 behind waiting, and 1 or -1 by chance behind `pay`: 0, shifted by 1.
    assert asked_of_storm(file["loud"], tmp_path) == 1


def test_sums_of_both_signs_are_paid_where_a_run_stays(tmp_path: Path) -> None:
    name = "worst"
    _, offset = relation(spec(name))
    found = asked_of_storm(spec(name), tmp_path)
    text = (tmp_path / f"{name}.prism").read_text()
    shift = Fraction(re.search(r"plus (\S+): subtract", text)[1])
    solved = specc.solve(spec(name), precision=Fraction(1, 10**9))
    assert solved.lower - 1e-9 <= found - shift + offset <= solved.upper + 1e-9


def test_a_sum_that_depends_on_the_way_is_refused(tmp_path: Path) -> None:
    text = """
env e = mdp { initial s
  s: one -> u
     two -> t
     rest -> s
  t: go -> u
  u: end -> u
  label paid: s one u
  label cost: s two t
}
spec way in e = E[total(2*[paid] - [cost])]
"""
    with pytest.raises(SpecError, match=r"E812.*both signs"):
        write_target(load_text(text)["way"], "prism", tmp_path)


def test_names_signs_and_what_is_refused(tmp_path: Path) -> None:
    file = load_text(MIXED)
    assert not file.has_errors, file.diagnostics
    lost: list[str] = []
    (path,) = write_target(file["poor"], "prism", tmp_path, lost.append)
    assert lost == ["the transition label `used` is left out"]
    text = path.read_text()
    assert 'label "a_init"' in text or 'label "init_2"' in text
    assert "[north]" in text and "[a_max]" in text and "[a_3]" in text
    factor, offset = relation(file["poor"])
    assert (factor, offset) == (2, -3) and asked_of_storm(file["poor"], tmp_path) == 1
    assert relation(file["wins"]) == (2, 1)
    assert 2 * asked_of_storm(file["wins"], tmp_path) + 1 == specc.solve(file["wins"]).upper
    assert relation(file["high"]) is None
    assert asked_of_storm(file["high"], tmp_path) > 0
