"""E70x: an objective without a value here, and values that this version does not compute."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

CODES = (
    Code(
        "E703",
        "a total that does not settle",
        """\
`total(x)` without a horizon is the sum over the whole trajectory. It needs a signal that is 0
forever in the end, under every policy; here some cycle of the environment pays it again and
again, so the sum is infinite or has no limit. Seen when the spec is solved or evaluated:

    spec visits in floor = E[total([coffee])]

Add a horizon, `total([coffee], horizon=100)`, or use `discounted` or `average`.
""",
    ),
    Code(
        "E704",
        "a value outside a function's domain",
        """\
A division by zero, the square root or the logarithm of a negative number, a power that is not
real, or a function that is infinite on a run. Whether it happens depends on the policy, so it is
seen when the spec is solved or evaluated, or trained on (`update` puts estimates into it and into
its derivative, so `log` and roots need more than 0):

    spec ratio in floor = E[average(tip)] / E[average(tax)]

`log(0)` alone is minus infinity. Keep the argument away from the edge, as in `1 / (1 + x)`, or
guard it: `if x > 0 then log(x) else -10`.
""",
    ),
    Code(
        "E705",
        "a number that is not evaluated exactly yet",
        """\
Values are exact rationals or certified intervals. A few shapes have no such method in this
version: variances and extrema of irrational sums, functions of several numbers that come to rest
at different times, distributions with unbounded values. The message says which part of the spec
it is, when the spec is solved or evaluated. It is a limit of the tool and not a mistake in the
objective: its formalism is inferred and its verdicts hold all the same.

Often a rational number near by does: `27/10` for `exp(1)`, or one horizon for all sums.
""",
    ),
    Code(
        "E706",
        "a distance where the environment has no places",
        """\
`facility_location` and `logdet` measure distances between states, by grid coordinates or by
observations. A written `mdp` and a model file without observations have neither. Seen when the
spec is solved or evaluated. `coverage` and `distinct` count states, and need no distance.
""",
    ),
    Code(
        "E707",
        "a set function over transitions",
        """\
Set functions read the set of states that a trajectory visits. So the condition of `distinct(p)`
and the weight of `weighted_coverage(w)` speak of states: labels of states, `at(s)`, numbers over
these. An action, `from(...)`, a label of transitions, `native`, a machine or `entropy` belongs to
a transition. Seen when the spec is solved or evaluated:

    spec seen in floor = E[distinct(action = north, horizon=9)]     # refused
    spec seen in floor = E[distinct(coffee | mail, horizon=9)]
""",
    ),
    Code(
        "E708",
        "the probability of an action under a policy with memory",
        """\
`policy(a | s)` is one number for a stationary policy. A policy file with a memory of several
states may choose differently at each visit of s, so the number does not exist. Evaluate a
stationary policy, or speak of what happens: `E[average([action = a & from(at(s))])]`.
""",
    ),
    Code(
        "W709",
        "not optimised in this version",
        """\
The spec is well formed and has a value under every policy, but `specc solve` has no certified
method for its optimum, or only for a part: of `lexicographic(x, y)` the first component is
optimised. The message says which. `specc evaluate` gives its value under a policy, and `specc
check` its formalism and verdicts.
""",
    ),
)
