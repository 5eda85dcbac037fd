"""W53x and N53x: machines that can be hacked, and what the first-match rule hides."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

_ROOM = """\
env room = mdp { initial s
  s: near -> t
     far -> u
  t: back -> s
  u: stay -> u
  label button: t
  label goal: u }
"""
_HALL = """\
env hall = mdp { initial s
  s: go -> t
  t: on -> t
  label office: t
  label plant: t }
"""

CODES = (
    Code(
        "W531",
        "a reward-machine file that its own program pays otherwise",
        """\
In the text format of the original reward-machine repository a step that no edge matches ends the
run. specc pays 0 for it, as the comment in that program says. But the program looks a reward up by
the pair of states, and all terminal states are one: where a state has a paying edge into a terminal
state, falling out of it pays the same.

    0
    [2]
    (0,0,'!e&!n',ConstantRewardFunction(0))
    (0,1,'e&!n',ConstantRewardFunction(0))
    (1,1,'!g&!n',ConstantRewardFunction(0))
    (1,2,'g&!n',ConstantRewardFunction(1))

Here stepping on `n` in state 1 pays 1 there. Add an edge for that letter into a state that pays
nothing any more, and the two agree:

    (1,3,'n',ConstantRewardFunction(0))
    (3,3,'True',ConstantRewardFunction(0))

The message shows a run of the spec's finite environment that does it, where there is one.
""",
    ),
    Code(
        "W532",
        "a reward that is greatest where the machine is never completed",
        """\
A paying edge lies on a cycle, and going round it for ever is worth more than to complete the
machine, that is, to enter a final state by a paying edge. The message shows the loop in the spec's
finite environment; specc solved the reward there. Specs whose reward is more than the machine's are
not judged: what other rewards are worth beside it, their author has weighed.
""",
        _ROOM
        + "machine run {\n  states u0\n  u0 -> u0   when button emit 1/2\n"
        + "  u0 -> done when goal emit 1\n  final done\n}\n"
        + "spec reach in room = E[discounted(run, 0.99)]\n",
        _ROOM
        + "machine run {\n  states u0 u1\n  u0 -> u1   when button emit 1/2\n"
        + "  * -> done when goal emit 1\n  final done\n}\n"
        + "spec reach in room = E[discounted(run, 0.99)]\n",
    ),
    Code(
        "W533",
        "a step that is paid although it is a failure",
        """\
The first edge whose guard holds is taken. Here a step of the spec's finite environment matches an
edge that pays, and below it one that punishes, or that leads to a final state which no paying edge
enters; the run is paid and does not fail. Put the failing edge first, or exclude its condition.
""",
        _HALL
        + "machine run {\n  states u0\n  u0 -> done when office emit 1\n"
        + "  *  -> fail when plant emit -1\n  final done fail\n}\n"
        + "spec deliver in hall = E[discounted(run, 0.9)]\n",
        _HALL
        + "machine run {\n  states u0\n  *  -> fail when plant emit -1\n"
        + "  u0 -> done when office emit 1\n  final done fail\n}\n"
        + "spec deliver in hall = E[discounted(run, 0.9)]\n",
    ),
    Code(
        "N531",
        "edges of one state that match together",
        """\
`specc compile` and `specc.lint(spec)` look for letters on which two edges of a state match and do
different things: the first is taken. In a finite environment only letters that some run meets are
told, with that run. It is a note: often the order is meant.
""",
    ),
    Code(
        "N532",
        "states in which no edge may match",
        """\
`specc compile` and `specc.lint(spec)` name the states of a machine that some letter leaves without
a matching edge, and one such letter. The machine then stays and pays 0, or, in the text format of
the original reward-machine repository, ends. It is a note: often this is meant.
""",
    ),
)
