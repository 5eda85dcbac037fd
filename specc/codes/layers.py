"""E3xx: a number stands in the wrong layer, or an argument is not what a function takes."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

_REWARD = "reward tip = 2 * [coffee] - 1\n"
_DOUBLING = "".join(f"reward a{i + 1} = a{i} + a{i}\n" for i in range(30))

CODES = (
    Code(
        "E301",
        "a truth value for a number, or a number for a truth value",
        "A proposition holds or does not; a reward is a number. `[p]` is the number that is 1 "
        "where p holds, and a comparison such as `obs[0] > 1` is the condition that a number "
        "meets. `from(...)` reads the state left and so takes state labels only, and `info.key` "
        "exists in running environments only. Between `[` and `]` outside of signals stand "
        "comparisons of numbers of that layer.",
        "spec sum = E[discounted(2 * at(s0), 0.9)]\n",
        "spec sum = E[discounted(2 * [at(s0)], 0.9)]\n",
    ),
    Code(
        "E302",
        "an argument that is not a fixed number",
        "Discounts, horizons, levels and orders are part of the objective's form, so they are "
        "written as numbers: `0.9`, `9/10`, `1 - 1/10`. A horizon is a whole number; `tsallis(q)` "
        "needs q > 0 and q other than 1 (that is `entropy`).",
        _REWARD + "spec sum = E[total(tip, horizon=5/2)]\n",
        _REWARD + "spec sum = E[total(tip, horizon=5)]\n",
    ),
    Code(
        "E303",
        "an argument out of its range",
        "A discount lies in [0, 1), the level of `quantile` and `cvar` in (0, 1], the length and "
        "noise of `logdet` are positive. An undiscounted sum is `total(x, horizon=H)`, a rate is "
        "`average(x)`.",
        _REWARD + "spec sum = E[discounted(tip, 1)]\n",
        _REWARD + "spec sum = E[discounted(tip, 0.99)]\n",
    ),
    Code(
        "E304",
        "arguments that the function does not take",
        "There are too few or too many arguments, a keyword that the function does not know, or "
        "one that is missing: `discounted` takes a signal and a discount, `logdet` and "
        "`facility_location` need a `horizon=H`.",
        _REWARD + "spec sum = E[discounted(tip)]\n",
        _REWARD + "spec sum = E[discounted(tip, 0.9)]\n",
    ),
    Code(
        "E305",
        "a number of another layer",
        "A signal is a number per transition, `discounted(...)` and the like make it a number of "
        "a whole trajectory, and `E[...]`, `P[...]`, `quantile`, `cvar` and `variance` make that "
        "a number of the policy. Each stands on the one before: a policy is not judged by a "
        "number of one trajectory, and a mean cannot stand inside another mean.",
        _REWARD + "spec sum = discounted(tip, 0.9)\n",
        _REWARD + "spec sum = E[discounted(tip, 0.9)]\n",
    ),
    Code(
        "E306",
        "a formula for a number, or a number for a formula",
        "`P[...]`, `sat(...)` and `LTLf[n](...)` take a formula, `E[...]` and `discounted(...)` a "
        "number. `sat(f)` is the number that is 1 where the formula f holds. An automaton of a "
        "file is a whole formula: it stands alone in `P[...]`.",
        _REWARD + "spec sum = P[discounted(tip, 0.9)]\n",
        _REWARD + "spec sum = E[discounted(tip, 0.9)]\n",
    ),
    Code(
        "E307",
        "an expression that is too large with every name written out",
        "A name stands for the expression behind it. Names that use other names several times "
        "grow quickly: thirty doublings make a billion terms. At most 50,000 parts are allowed, "
        "and 120 levels of names within names; write a multiple as a product.",
        "reward a0 = [coffee]\n" + _DOUBLING + "spec sum = E[discounted(a30, 0.9)]\n",
        "reward a0 = [coffee]\nreward a30 = 2**30 * a0\nspec sum = E[discounted(a30, 0.9)]\n",
    ),
)
