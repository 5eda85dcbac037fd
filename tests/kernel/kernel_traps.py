"""False claims, each with a certificate that a careless kernel would accept.

Every claim here is false: the comment says why. ``check`` is the one that must catch it.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_documents import (
    ONE,
    TSALLIS,
    Json,
    above,
    action,
    atom,
    certificate,
    chosen,
    discounted,
    environment,
    indicator,
    label,
    left_state,
    lexicographic,
    mix,
    no,
    num,
    over,
    pick,
    plus,
    probability,
    scalar,
    statement,
    taken,
    tied,
    times,
    unary,
    whole,
)
from witnesses import (
    CHAIN_OF_THREE,
    CORNERS,
    CYCLE,
    HALVES,
    HIDDEN,
    HUMP_ONMR,
    HUMP_RRL,
    JUMPS,
    LADDER,
    LIMIT,
    LOOP,
    MODULO,
    ONE_SHOT,
    SAME_LIMIT,
    SHARE,
    SQUARE,
    THREE,
    TWO,
    UNSEEN,
    XOR,
    XOR_ONMR,
    XOR_TIES,
)


@dataclass(frozen=True)
class Trap:
    name: str
    check: str
    statement: Json
    proof: Json


LOOP_OF_THREE = environment({"0": {"a": "G", "b": "0", "c": "G"}, "G": {"a": "G"}}, "0", goal=["G"])
FOUR = [
    mix("0", a="1/2", b="1/2"),
    mix("0", a="1/2", c="1/2"),
    pick(**{"0": "b"}),
    pick(**{"0": "c"}),
]
FOUR_TILTED = [FOUR[0], mix("0", a="2/3", c="1/3"), FOUR[2], FOUR[3]]
TIES = [tied(0, 1), tied(2, 3), above(0, 3)]

# pa is a Markov reward's value at discount 0 (R = 1 on a), and the multiplier gamma vanishes there.
AT_ZERO = statement(LOOP_OF_THREE, scalar(discounted(taken("0", "a"), "0")), "MR")
ZERO_PROOF = certificate(
    "C1 farkas", policies=FOUR, comparisons=TIES, tiles=whole(["-2"], ["1", "-1"], [["1", 1, 0]])
)
# The same at discount 1/2, where two tiles meet.
AT_HALF = statement(LOOP_OF_THREE, scalar(discounted(taken("0", "a"), "1/2")), "MR")
LOWER_TILE = {"from": "0", "to": "1/2", "multipliers": [["3"], ["-2", "2"], [["2", 0, 1]]]}
UPPER_TILE = {"from": "1/2", "to": "1", "multipliers": [["-3"], ["2", "-2"], [["2", 1, 0]]]}


def tiles_proof(*tiles: Json) -> Json:
    return certificate("C1 farkas", policies=FOUR_TILTED, comparisons=TIES, tiles=list(tiles))


# Two one-shot choices; F may tell them apart by the names of their actions.
def twins(second: tuple[str, ...]) -> Json:
    made = environment(
        {"u": {"a": "z", "b": "z"}, "v": dict.fromkeys(second, "z"), "z": {"a": "z"}}, "u"
    )
    return {**made, "initial": {"u": "1/2", "v": "1/2"}}


def twins_proof(first: str, second: str) -> Json:
    half_u = {"u": {"a": "1/2", "b": "1/2"}, "v": {first: "1"}}
    half_v = {"u": {"a": "1"}, "v": {first: "1/2", second: "1/2"}}
    return certificate(
        "C1 farkas",
        policies=[
            half_u,
            pick(u="a", v=first),
            pick(u="b", v=first),
            half_v,
            pick(u="a", v=second),
        ],
        comparisons=[above(0, 1), above(0, 2), tied(3, 1), tied(3, 4)],
        tiles=whole(ONE, ONE, ["-1"], ["-1"]),
    )


ONLY_U = scalar(discounted(chosen(left_state("u"), TSALLIS, num(0))))
ONE_CHOICE = pick(**{"0": "a"})
SHARE_OF_A = scalar(discounted(indicator(action("a"))))
REACH = scalar(probability(unary("F", atom(label("goal")))))
HUMP_LTL = probability(
    {
        "kind": "and",
        "operands": [
            unary("X", atom(action("a"))),
            unary("X", unary("X", atom(action("b")))),
        ],
    }
)


def ties(policy: Json, tie: Json, slope: Json, tiles: Json) -> Json:
    return certificate(
        "C4a infinitesimal ties",
        policies=[policy, *CORNERS],
        pair=[1, 2],
        points=[{"policy": 0, "tie": tie, "slope": slope}],
        tiles=tiles,
    )


CENTRE = {"0": {"a": "1/2", "b": "1/2"}, "1": {"a": "1/2", "b": "1/2"}}
P = {"0": {"a": "1", "b": "-1"}}
Q = {"1": {"a": "1", "b": "-1"}}


def level(policies: Json, segments: Json, outside: int, faces: Json = None, **more: Json) -> Json:
    return certificate(
        "C4b range",
        policies=policies,
        faces=faces or {"0": ["a", "b"]},
        segments=segments,
        outside=outside,
        **more,
    )


def claim(where: Json, number: Json, formalism: str) -> Json:
    return statement(where, scalar(number), formalism)


BOTH_FACES = {"0": ["a", "b"], "1": ["a", "b"]}
AROUND = [[0, 1], [1, 3], [3, 2], [2, 0]]
# p(1-p)q(1-q) is 0 on the square's boundary, and not inside: not in ONMR (a true claim).
BUMP = times(
    discounted(taken("0", "a"), "0"),
    discounted(taken("0", "b"), "0"),
    {"kind": "policy", "state": "1", "action": "a"},
    {"kind": "policy", "state": "1", "action": "b"},
)
BUMP_PROOF = level([*CORNERS, CENTRE], AROUND, 4, BOTH_FACES)

TAIL = {"kind": "cvar", "level": "1", "number": discounted(taken("0", "a"))}

MEDIAN = {"kind": "quantile", "level": "1/2", "number": discounted(taken("0", "a"))}
VALLEY = times(num(-1), HUMP_ONMR)
NEVER = scalar(probability(unary("G", atom(no(label("goal"))))))

TRAPS = [
    Trap("gamma is 0", "positive", AT_ZERO, ZERO_PROOF),
    Trap("tile ends", "positive", AT_HALF, tiles_proof(LOWER_TILE, UPPER_TILE)),
    Trap("a gap between tiles", "tiles", AT_HALF, tiles_proof(
        {**LOWER_TILE, "to": "1/3"}, UPPER_TILE)),
    Trap("tiles that end early", "tiles", AT_HALF, tiles_proof(LOWER_TILE)),
    Trap("tiles that start late", "tiles", AT_ZERO, certificate(
        "C1 farkas", policies=FOUR, comparisons=TIES,
        tiles=[{"from": "1/9", "to": "1", "multipliers": [["-2"], ["1", "-1"], [["1", 1, 0]]]}])),
    Trap("tiles beyond 1", "tiles", AT_HALF, tiles_proof(
        LOWER_TILE, {**UPPER_TILE, "to": "2"})),
    Trap("an empty tile", "tiles", AT_HALF, tiles_proof(
        LOWER_TILE, {**LOWER_TILE, "from": "1/2"}, UPPER_TILE)),
    Trap("no tiles", "tiles", AT_HALF, tiles_proof()),
    # 1 - 2 gamma > 0 below 1/2 only: as c (gamma - 0)^i (1 - gamma)^j it needs a negative c.
    Trap("a negative coefficient", "positive", AT_HALF, tiles_proof({
        "from": "0", "to": "1",
        "multipliers": [["3"], ["-2", "2"], [["1", 0, 1], ["-1", 1, 0]]]})),
    Trap("ties only", "positive", claim(TWO, SHARE, "MR"), certificate(
        "C1 farkas", policies=[ONE_CHOICE], comparisons=[tied(0, 0)], tiles=whole(["1"]))),
    Trap("a strict comparison without weight", "positive", claim(TWO, SHARE, "MR"), certificate(
        "C1 farkas", policies=[ONE_CHOICE, pick(**{"0": "b"})],
        comparisons=[tied(0, 0), above(0, 1)], tiles=whole(["1"], []))),
    Trap("ties only, LAR", "positive", claim(TWO, SHARE, "LAR"), certificate(
        "C1 farkas", policies=[ONE_CHOICE], comparisons=[tied(0, 0)], tiles=whole(["1"]))),
    Trap("ties only, mixture", "positive", claim(TWO, SHARE, "FTR"), certificate(
        "C2 mixture", policies=[ONE_CHOICE], comparisons=[tied(0, 0)], multipliers=["1"])),
    Trap("a negative strict multiplier, LAR", "positive", claim(TWO, SHARE, "LAR"), certificate(
        "C1 farkas", policies=[ONE_CHOICE, pick(**{"0": "b"}), mix("0", a="1/2", b="1/2")],
        comparisons=[above(0, 1), above(0, 2), above(2, 1)],
        tiles=whole([["-1", 0, 0]], ONE, ONE))),
    Trap("a negative strict multiplier, mixture", "positive",
        claim(ONE_SHOT, discounted(taken("0", "a")), "FTR"), certificate(
        "C2 mixture", policies=[ONE_CHOICE, pick(**{"0": "b"}), mix("0", a="1/2", b="1/2")],
        comparisons=[above(0, 1), above(0, 2), above(2, 1)], multipliers=["-1", "1", "1"])),
    # F(a, b) is Tsallis' entropy and F(c, d) is 0.
    Trap("nu keyed by position", "identity",
        statement(twins(("c", "d")), ONLY_U, "RRL"), twins_proof("c", "d")),
    Trap("nu merged across names", "identity",
        statement(twins(("a", "c")), ONLY_U, "RRL"), twins_proof("a", "c")),
    Trap("RRL is not MR", "identity", claim(ONE_SHOT, HUMP_RRL, "RRL"), certificate(
        "C1 farkas", policies=HALVES["policies"], comparisons=HALVES["comparisons"],
        tiles=whole(ONE, ONE))),
    # A third of the trajectories of the first policy were enough to "see" f(a) = f(a)/2.
    Trap("masses below 1", "lottery", statement(LOOP, REACH, "LTL"), certificate(
        "C3 zero-one", policies=[mix("0", a="1/2", b="1/2"), ONE_CHOICE, pick(**{"0": "b"})],
        comparisons=[tied(0, 1), above(1, 2)])),
    Trap("two ways on a cycle", "lottery", claim(TWO, HUMP_LTL, "LTL"), certificate(
        "C3 zero-one", policies=HALVES["policies"], comparisons=HALVES["comparisons"])),
    Trap("a set that fits", "sets", claim(THREE, probability(unary("X", atom(action("a")))), "LTL"),
        certificate("C3 zero-one",
            policies=CHAIN_OF_THREE["policies"], comparisons=[above(0, 1), tied(1, 2)])),
    Trap("a set that fits, ties first", "sets",
        claim(THREE, probability(unary("X", atom(action("a")))), "LTL"), certificate(
        "C3 zero-one", policies=CHAIN_OF_THREE["policies"], comparisons=[tied(1, 2)])),
    # p is chosen again and again: L at 1/2 is no mixture of L at 0 and 1.
    Trap("recurrent decisions", "identity", claim(TWO, HUMP_LTL, "FTR"), HALVES),
    Trap("recurrent decisions, MR", "identity", claim(TWO, times(
        discounted(indicator(action("a"))), num(1)), "MR"), certificate(
        "C1 farkas", policies=[mix("0", a="1/2", b="1/2"), ONE_CHOICE, pick(**{"0": "b"})],
        comparisons=[above(1, 0), above(0, 2)], tiles=whole(ONE, ONE))),
    # One decision with two actions: ONMR expresses every order of it.
    Trap("boundary supports", "level", statement(LOOP, REACH, "ONMR"), level(
        [ONE_CHOICE, pick(**{"0": "b"})], [[0, 1]], 1)),
    Trap("boundary supports, from below", "level", statement(LOOP, REACH, "ONMR"), level(
        [pick(**{"0": "b"}), ONE_CHOICE], [[0, 1]], 1)),
    Trap("inside of a segment", "level", claim(ONE_SHOT, HUMP_ONMR, "ONMR"), level(
        [ONE_CHOICE, pick(**{"0": "b"}), mix("0", a="1/2", b="1/2")], [[0, 1]], 2)),
    Trap("a corner is missing", "corners", claim(ONE_SHOT, HUMP_ONMR, "ONMR"), level(
        [mix("0", a="1/3", b="2/3"), mix("0", a="2/3", b="1/3"), ONE_CHOICE], [[0, 0]], 2)
        | {"segments": [[0, 1]]}),
    Trap("a graph in two parts", "graph", claim(CYCLE, XOR_ONMR, "ONMR"), level(
        [*CORNERS, CENTRE], [[0, 1], [2, 3]], 4, BOTH_FACES)),
    Trap("a diagonal segment", "graph", claim(CYCLE, XOR_ONMR, "ONMR"), level(
        [*CORNERS, CENTRE], [[0, 3], [1, 2]], 4, BOTH_FACES)),
    Trap("no segment", "graph", claim(CYCLE, XOR_ONMR, "ONMR"), level(
        [*CORNERS, CENTRE], [], 4, BOTH_FACES)),
    Trap("outside of the faces", "faces", claim(CYCLE, discounted(taken("1", "a")), "ONMR"), level(
        [*CORNERS], [[1, 3]], 0, {"0": ["a", "b"], "1": ["b"]})),
    Trap("the outside is tied", "comparison", claim(CYCLE, num(1), "ONMR"), level(
        [*CORNERS, CENTRE], AROUND, 4, BOTH_FACES)),
    Trap("a direction out of the support", "face", claim(CYCLE, XOR_ONMR, "ONMR"),
        ties(CORNERS[0], Q, P, whole(ONE, ["1"]))),
    Trap("rates that do not sum to 0", "face", claim(CYCLE, XOR_ONMR, "ONMR"),
        ties(CENTRE, {"1": {"a": "1", "b": "-2"}}, P, whole(ONE, ["1"]))),
    # (p + q - 1)^2 is ONMR; at p = q = 1/2 its gradient is 0.
    Trap("the gradient condition", "gradient", claim(CYCLE, XOR_ONMR, "ONMR"),
        ties(CENTRE, Q, P, whole(ONE, ["1"]))),
    Trap("no tie along the direction", "tie", claim(CYCLE, XOR_ONMR, "ONMR"),
        ties({**CENTRE, "1": {"a": "3/4", "b": "1/4"}}, Q, P, whole(ONE, ["1"]))),
    Trap("the leading multiplier vanishes", "positive", claim(CYCLE, XOR, "ONMR"),
        {**XOR_TIES, "tiles": whole([], [])}),
    Trap("the pair is tied", "comparison", claim(CYCLE, num(1), "ONMR"), XOR_TIES),
    # |p - q| in place of a number with a gradient; the minimum has a kink.
    Trap("a kink", "analytic",
        claim(CYCLE, {"kind": "abs", "operand": XOR_ONMR}, "ONMR"), XOR_TIES),
    Trap("an order that is no number", "analytic",
        statement(CYCLE, lexicographic(XOR_ONMR), "ONMR"), XOR_TIES),
    Trap("a kinked policy term", "analytic", claim(CYCLE, discounted({
        "kind": "max", "operands": [TSALLIS, num("1/4")]}), "MR"), {**XOR_TIES, "pair": [0, 1]}),
    # The reach probability is a limit average, which is not continuous.
    Trap("LAR is not continuous", "formalism", statement(LOOP, REACH, "LAR"), LIMIT),
    Trap("LTL is not continuous", "formalism", statement(LOOP, REACH, "LTL"), LIMIT),
    Trap("RRL is not continuous", "formalism", statement(LOOP, REACH, "RRL"), LIMIT),
    Trap("a limit that is tied", "limit", statement(TWO, SHARE_OF_A, "MR"), certificate(
        "C5 limit", family={"0": {"a": ["0", "1"], "b": ["1", "-1"]}},
        reference=pick(**{"0": "b"}))),
    Trap("a limit on the same side", "limit", statement(TWO, SHARE_OF_A, "MR"), LIMIT),
    Trap("a limit from the other side", "limit", statement(TWO, SHARE_OF_A, "MR"), certificate(
        "C5 limit", family={"0": {"a": ["1", "-1"], "b": ["0", "1"]}},
        reference=pick(**{"0": "a"}))),
    Trap("a reference that moves", "reference", statement(LOOP, REACH, "RM"), {
        **LIMIT, "reference": {"0": {"a": ["0", "0", "1"], "b": ["1", "0", "-1"]}}}),
    Trap("mixtures say nothing about RRL", "formalism", claim(ONE_SHOT, HUMP_RRL, "RRL"), HALVES),
    Trap("mixtures say nothing about ONMR", "formalism",
        claim(ONE_SHOT, HUMP_ONMR, "ONMR"), HALVES),
    Trap("finite lists say nothing about ONMR", "formalism",
        claim(CYCLE, XOR_ONMR, "ONMR"), SQUARE),
    Trap("FTR is not zero-one", "formalism",
        claim(THREE, discounted(LADDER), "FTR"), CHAIN_OF_THREE),
    Trap("orders may jump", "formalism", statement(TWO, MODULO, "TLO"), JUMPS),
    Trap("FPR sees unreached states", "formalism",
        claim(HIDDEN, {"kind": "policy", "state": "1", "action": "a"}, "FPR"), UNSEEN),
    Trap("different lotteries", "lottery", claim(TWO, SHARE, "FTLR"), certificate(
        "C7 same lottery", policies=[ONE_CHOICE, pick(**{"0": "b"})], pair=[0, 1])),
    Trap("the same policy", "comparison", claim(TWO, SHARE, "FTLR"), certificate(
        "C7 same lottery", policies=[ONE_CHOICE], pair=[0, 0])),
    Trap("different occupancies", "occupancy", claim(TWO, SHARE, "LAR"), SAME_LIMIT),
    Trap("MR sees transients", "formalism",
        claim(ONE_SHOT, discounted(taken("0", "a")), "MR"), SAME_LIMIT),
    # lexicographic(J, 2J + 1) is J.
    Trap("no jump", "jump", statement(TWO, lexicographic(SHARE, plus(SHARE, SHARE)), "FPR"),
        {**JUMPS, "upper": JUMPS["lower"]}),
    Trap("a jump that is none", "first key",
        statement(TWO, lexicographic(SHARE, plus(SHARE, SHARE)), "FPR"), JUMPS),
    # Countably many jumps (here: one) are no obstacle.
    Trap("a family that stands still", "increase", statement(TWO, lexicographic(
        num(0), SHARE), "FPR"), JUMPS),
    Trap("a number does not jump", "lexicographic", claim(TWO, SHARE, "FPR"), JUMPS),
    Trap("a decreasing family", "increase", statement(TWO, lexicographic(
        times(num(-1), MODULO["numbers"][0]), MODULO["numbers"][1]), "FPR"), JUMPS),
    # E[G] is a conditional value at risk (at level 1), and continuous; risks are not linear.
    Trap("a risk that is a mean", "limit", claim(ONE_SHOT, TAIL, "CVAR"), LIMIT),
    Trap("mixtures say nothing about CMDP", "formalism",
        claim(ONE_SHOT, HUMP_ONMR, "CMDP"), HALVES),
    Trap("mixtures say nothing about LEX", "formalism",
        claim(ONE_SHOT, HUMP_ONMR, "LEX"), HALVES),
    Trap("mixtures say nothing about KLRRL", "formalism",
        claim(ONE_SHOT, HUMP_ONMR, "KLRRL"), HALVES),
    # P[F goal], E[coverage()], E[sup [goal]] drop in the limit, and so may a quantile.
    *[Trap(f"{name} may drop", "limit", statement(LOOP, REACH, name), LIMIT)
        for name in ("COSAFE", "SUB", "MAXR", "QUANT")],
    # P[G !goal], E[inf [!goal]], or: at most 0 visits of the goal.
    *[Trap(f"{name} may rise", "limit", statement(LOOP, NEVER, name), LIMIT)
        for name in ("MINR", "CMDP")],
    Trap("OMEGA is not continuous", "formalism", statement(LOOP, REACH, "OMEGA"), LIMIT),
    Trap("LEX is not continuous", "formalism", statement(LOOP, REACH, "LEX"), LIMIT),
    # CVAR and QUANT: valleys of mixtures are no obstacle, nor are several peaks.
    *[Trap(f"{name} may have valleys", "mixture", claim(ONE_SHOT, VALLEY, name), certificate(
        "C2 mixture", policies=HALVES["policies"], comparisons=[above(1, 0), above(2, 0)],
        multipliers=["1", "1"])) for name in ("CVAR", "QUANT")],
    *[Trap(f"a peak and a tie, {name}", "mixture", claim(ONE_SHOT, num(1), name), certificate(
        "C2 mixture", policies=HALVES["policies"], comparisons=[tied(0, 1), tied(0, 2)],
        multipliers=["1", "1"])) for name in ("CVAR", "QUANT")],
    # Two trajectories have two values, and the quantile at 1/2 takes both.
    Trap("as many values as trajectories", "values", claim(ONE_SHOT, MEDIAN, "QUANT"), certificate(
        "C8 few values", policies=[pick(**{"0": "b"}), ONE_CHOICE])),
    Trap("values in no order", "comparison", claim(ONE_SHOT, MEDIAN, "QUANT"), certificate(
        "C8 few values", policies=[pick(**{"0": "b"}), mix("0", a="1/3", b="2/3"), ONE_CHOICE])),
    Trap("values in the wrong order", "comparison", claim(ONE_SHOT, MEDIAN, "QUANT"), certificate(
        "C8 few values", policies=[ONE_CHOICE, pick(**{"0": "b"}), ONE_CHOICE])),
    Trap("few values on infinitely many trajectories", "lottery", claim(TWO, SHARE, "QUANT"),
        certificate("C8 few values", policies=[
            pick(**{"0": "b"}), mix("0", a="1/2", b="1/2"), ONE_CHOICE])),
    Trap("a conditional value at risk has many values", "formalism",
        claim(ONE_SHOT, TAIL, "CVAR"), certificate("C8 few values", policies=[
            pick(**{"0": "b"}), mix("0", a="1/2", b="1/2"), ONE_CHOICE])),
    Trap("a set with good prefixes", "sets",
        claim(ONE_SHOT, probability(unary("X", atom(action("a")))), "COSAFE"), certificate(
        "C3 zero-one", policies=HALVES["policies"], comparisons=[above(1, 0), above(0, 2)])),
    Trap("a quantile is not a mean", "comparison", claim(ONE_SHOT, {
        "kind": "quantile", "level": "1/2", "number": discounted(taken("0", "a"))}, "FTR"), HALVES),
    Trap("no function of a lottery jumps so often", "formalism",
        statement(TWO, MODULO, "LEX"), JUMPS),
    # The claimed comparisons are not those of the spec.
    Trap("a lie: the order is reversed", "comparison",
        claim(ONE_SHOT, times(num(-1), HUMP_ONMR), "FTR"), HALVES),
    Trap("a lie: a tie called strict", "comparison", claim(ONE_SHOT, num(1), "FTR"), HALVES),
    Trap("a lie: a strict pair called a tie", "comparison", claim(CYCLE, XOR, "RRL"), {
        **SQUARE, "comparisons": [tied(0, 1), above(3, 2)], "tiles": whole(["1"], ONE)}),
    Trap("a division by zero", "value", claim(ONE_SHOT, over(num(1), num(0)), "FTR"), HALVES),
]  # fmt: skip
