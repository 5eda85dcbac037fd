"""`specc check` within its budget, and mistakes that only the environment shows."""

from __future__ import annotations

from specc.check import check_file
from specc.resolve.file import load_text


def test_formulas_that_explode_leave_the_training_scheme_open() -> None:
    many = " | ".join(f"(F G p{i} & G F q{i})" for i in range(14))
    file = load_text(f"spec x = P[{many}]")
    (found,) = check_file(file, budget=0.5).specs
    assert found.formalism == "LTL"
    assert "not known within the budget" in found.training.guarantee


def test_a_total_that_never_settles_is_found_by_check() -> None:
    file = load_text(
        "env e = mdp { initial s\n s: a -> s }\nspec x in e = E[total(action_cost)]\n"
        "reward action_cost = 1\n"
    )
    assert [d.code for d in check_file(file).diagnostics] == ["E703"]
