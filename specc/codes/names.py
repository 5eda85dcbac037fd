"""E2xx: a name means nothing, means two things, or means itself; a file that cannot be read."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

_WALK = """\
env walk = mdp {
  initial s0
  s0: go -> s1
      wait -> s0
  s1: go -> s1
  label goal: s1
}
"""

CODES = (
    Code(
        "E200",
        "a file that is not a text, or is too long",
        """\
A `.spec` file is a text in UTF-8 of at most 8,000,000 bytes. The message names the first byte
that is not UTF-8. Save the file as UTF-8, or look whether the path is that of a model or a
picture.
""",
    ),
    Code(
        "E201",
        "an unknown proposition",
        "A proposition is a label of the environment or a `prop` of the file. The message lists "
        "what there is and offers the nearest name. Where the environment is not known (no `env` "
        "in the file, or one that did not load) every word is taken as it stands.",
        _WALK + "spec reach in walk = P[F gaol]\n",
        _WALK + "spec reach in walk = P[F goal]\n",
    ),
    Code(
        "E202",
        "an unknown reward or machine",
        "Where a number per transition is expected, a name stands for a `reward`, a `machine`, "
        "`entropy`, or the environment's own reward `native`.",
        _WALK + "reward step = -1/100\nspec quick in walk = E[discounted(stp, 0.9)]\n",
        _WALK + "reward step = -1/100\nspec quick in walk = E[discounted(step, 0.9)]\n",
    ),
    Code(
        "E203",
        "a reward that the environment has not",
        "`native` is the reward that comes with the environment: from Gymnasium, or from a model "
        'file, where there may be several, told apart as `native("name")`. A written `mdp` and a '
        "`grid` have none; write a `reward` over their labels.",
        _WALK + "spec own in walk = E[discounted(native, 0.9)]\n",
        _WALK + "spec own in walk = E[discounted([goal], 0.9)]\n",
    ),
    Code(
        "E204",
        "an unknown state or action",
        "`at(s)`, `from(at(s))` and `policy(a | s)` name a state, `action = a` and `policy(a | s)` "
        "an action of the environment. A grid's states are named `r0c0` (row, column), those of "
        "Gymnasium and of model files `s0`, `s1`, ...",
        _WALK + "spec idle in walk = E[average([action = weit])]\n",
        _WALK + "spec idle in walk = E[average([action = wait])]\n",
    ),
    Code(
        "E205",
        "a component that the observation has not",
        "`obs[i]` is component i of the observation, counted from 0. Written models have no "
        "observations; a Discrete observation of Gymnasium has the one component `obs[0]`. Use a "
        "label, or `at(s)`, instead.",
        _WALK + "spec far in walk = E[average([obs[0] > 1])]\n",
        _WALK + "spec far in walk = E[average([at(s1)])]\n",
    ),
    Code(
        "E206",
        "a name that is defined through itself",
        "A `prop`, `reward` or `machine` stands for what is written behind it, so it cannot occur "
        "in there, directly or through other names. The message shows the loop. A quantity that "
        "depends on the past is the state of a `machine`.",
        "reward first = 2 * second\n"
        "reward second = first + 1\n"
        "spec sum = E[discounted(first, 0.9)]\n",
        "reward first = 2 * second\nreward second = 1\nspec sum = E[discounted(first, 0.9)]\n",
    ),
    Code(
        "E207",
        "an unknown policy",
        "`kl(ref)` measures the distance to a policy that the file declares with `policy ref = "
        "...`, or to `uniform`. A declared one is `uniform` too or comes from a file, as in "
        '`policy ref = file "P.json"`.',
        _WALK + "reward r = [goal]\nspec near in walk = E[discounted(r - kl(habit), 0.9)]\n",
        _WALK + "reward r = [goal]\nspec near in walk = E[discounted(r - kl(uniform), 0.9)]\n",
    ),
    Code(
        "E208",
        "an unknown function",
        "The functions of each layer are fixed: the language reference lists them. The nearest "
        "name is offered.",
        "reward r = [goal]\nspec sum = E[discount(r, 0.9)]\n",
        "reward r = [goal]\nspec sum = E[discounted(r, 0.9)]\n",
    ),
    Code(
        "E209",
        "a name that is declared twice",
        "Propositions, rewards, machines and the labels of an environment share one namespace; "
        "environments, policies and specs have one each. Rename one of the two. A clash with a "
        "label is reported where the name is used in that environment.",
        "reward tip = 1\nreward tip = 2\nspec sum = E[discounted(tip, 0.9)]\n",
        "reward tip = 1\nreward tax = 2\nspec sum = E[discounted(tip - tax, 0.9)]\n",
    ),
    Code(
        "E210",
        "an unknown spec",
        "An assertion, or a command, names a spec that the file does not have (or that has a "
        "mistake of its own, which is shown too).",
        "spec safe = P[G calm]\nassert save in LTL\n",
        "spec safe = P[G calm]\nassert safe in LTL\n",
    ),
    Code(
        "E211",
        "an unknown environment",
        "`spec x in e` names an environment that the file declares with `env e = ...`.",
        _WALK + "spec reach in wolk = P[F goal]\n",
        _WALK + "spec reach in walk = P[F goal]\n",
    ),
    Code(
        "E212",
        "A policy file cannot be read",
        """\
`policy p = file "P.json"` names a file that is not there, may not be read, or is a pipe. The path
is relative to the folder of the `.spec` file.
""",
        """\
env e = mdp {
  initial s
  s: a -> s
     b -> s
}
policy ref = file "nowhere.json"
spec near in e = E[discounted(-kl(ref), 0.9)]
""",
        """\
env e = mdp {
  initial s
  s: a -> s
     b -> s
}
policy ref = uniform
spec near in e = E[discounted(-kl(ref), 0.9)]
""",
    ),
)
