"""E52x: machines that do not fit together, and files of machines that cannot be read."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]


def _machine(states: str, edges: str, final: str = "") -> str:
    last = f"  final {final}\n" if final else ""
    text = f"machine run {{\n  states {states}\n{edges}{last}}}\n"
    return text + "spec deliver = E[discounted(run, 0.9)]\n"


CODES = (
    Code(
        "E520",
        "a machine whose states do not fit",
        "`states` lists the states, the first of them initial; `final` those that stay forever, "
        "which need not stand in `states` too. Each name once in each list, and every edge "
        "between listed states.",
        _machine("u0 u1", "  u0 -> u2 when coffee emit 1\n  u0 -> u1 when tea\n"),
        _machine("u0 u1", "  u0 -> u1 when coffee emit 1\n"),
    ),
    Code(
        "E521",
        "a machine state that cannot be reached",
        "No path of edges leads from the first of `states` to this one, so it changes nothing. "
        "Often an edge into it is missing, or its name is misspelt in an edge.",
        _machine("u0 u1", "  u0 -> u0 when coffee emit 1\n"),
        _machine("u0 u1", "  u0 -> u1 when coffee emit 1\n"),
    ),
    Code(
        "E522",
        "an edge out of a final state",
        "A final state stays forever and pays 0. Take it out of `final`, or delete the edge. "
        "(`*` stands for every state that is not final.)",
        _machine("u0", "  u0 -> done when coffee emit 1\n  done -> u0 when tea\n", "done"),
        _machine("u0", "  u0 -> done when coffee emit 1\n", "done"),
    ),
    Code(
        "E523",
        "a machine pays what another machine or the policy says",
        "`emit` takes a number or a reward of the transition. The sum of two machines is written "
        "in the spec: `discounted(run + walk, 0.9)`; so is a term such as `entropy`.",
        _machine("u0", "  u0 -> u0 when coffee emit 1 + entropy\n"),
        "machine run {\n  states u0\n  u0 -> u0 when coffee emit 1\n}\n"
        "spec deliver = E[discounted(run + entropy, 0.9)]\n",
    ),
    Code(
        "E525",
        "a machine file that cannot be read",
        "The path is relative to the folder of the `.spec` file, and the file is a UTF-8 text of "
        "at most 4,000,000 bytes.",
        'machine run = hoa "no-such-file.hoa"\nspec deliver = P[run]\n',
        "spec deliver = P[G F coffee]\n",
    ),
    Code(
        "E526",
        "a reward-machine file in another format",
        """\
`machine m = rm "t1.txt"` reads the text format of the original reward-machine repository: the
initial state, the terminal states, then one edge per line.

    0
    [2]
    (0,0,'!e',ConstantRewardFunction(0))
    (0,1,'e',ConstantRewardFunction(0))
    (1,2,'g&!n',ConstantRewardFunction(1))

The message names the line that is not of this form. Each formula is Boolean, over propositions,
and each reward a constant.
""",
    ),
    Code(
        "W526",
        "a reward-machine file with two edges between the same states",
        """\
The program of the original reward-machine repository keeps one formula and one reward for each pair
of states, and all terminal states are one to it: a later edge of a pair replaces an earlier one.
specc reads both, the first match first. To be read alike, write one edge with the formulas joined:

    (0,1,'a&!n|b&!n',ConstantRewardFunction(0))

Where the rewards differ, lead to two states.
""",
    ),
    Code(
        "W521",
        "a guard that never holds, or an edge that never fires",
        "The first edge whose guard holds is taken. Here the guard contradicts itself, or earlier "
        "edges of the same state always match before it. Put the narrower guard first.",
        _machine(
            "u0 u1",
            "  u0 -> u1 when coffee emit 1\n  u0 -> u0 when coffee & plant emit -1\n",
        ),
        _machine(
            "u0 u1",
            "  u0 -> u0 when coffee & plant emit -1\n  u0 -> u1 when coffee emit 1\n",
        ),
    ),
)
