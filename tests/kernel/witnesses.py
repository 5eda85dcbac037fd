"""The nine witnesses of the preorder, and the eighteen negative lemmas that they prove."""

from __future__ import annotations

from dataclasses import dataclass

from kernel_documents import (
    ONE,
    TSALLIS,
    Json,
    above,
    action,
    at_least,
    atom,
    average,
    certificate,
    chosen,
    discounted,
    either,
    environment,
    indicator,
    label,
    lexicographic,
    machine,
    minus,
    mix,
    num,
    pick,
    plus,
    power,
    probability,
    scalar,
    statement,
    taken,
    tied,
    times,
    unary,
    whole,
)

ONE_SHOT = environment({"0": {"a": "1", "b": "1"}, "1": {"a": "1"}}, "0")
CYCLE = environment({"0": {"a": "1", "b": "1"}, "1": {"a": "0", "b": "0"}}, "0")
DELAY = environment({"0": {"a": "1", "b": "w"}, "w": {"a": "1"}, "1": {"a": "1", "b": "1"}}, "0")
LOOP = environment({"0": {"a": "G", "b": "0"}, "G": {"a": "G"}}, "0", goal=["G"])
THREE = environment({"0": {"a": "0", "b": "0", "c": "0"}}, "0")
TWO = environment({"0": {"a": "0", "b": "0"}}, "0")
HIDDEN = environment({"0": {"a": "0"}, "1": {"a": "1", "b": "1"}}, "0")


@dataclass(frozen=True)
class Witness:
    """A spec of ``lower`` whose order no spec of ``upper`` induces, and why."""

    name: str
    upper: str
    lower: str
    environment: Json
    order: Json
    proof: Json
    more: Json

    @property
    def statement(self) -> Json:
        return statement(self.environment, self.order, self.upper, **self.more)


def _next(name: str) -> Json:
    return unary("X", atom(action(name)))


def _then(first: str, second: str) -> Json:
    return {"kind": "and", "operands": [_next(first), unary("X", _next(second))]}


XOR = probability(either(_then("a", "a"), _then("b", "b")))
MACHINES = {
    "same": [
        [
            {"when": action("a"), "to": 1, "emit": num(0)},
            {"when": action("b"), "to": 2, "emit": num(0)},
        ],
        [
            {"when": action("a"), "to": 3, "emit": num(4)},
            {"when": {"kind": "true"}, "to": 3, "emit": num(0)},
        ],
        [
            {"when": action("b"), "to": 3, "emit": num(4)},
            {"when": {"kind": "true"}, "to": 3, "emit": num(0)},
        ],
        [],
    ]
}
SAME = discounted(machine("same"))
HUMP_RRL = discounted(TSALLIS)
HUMP_ONMR = minus(num(0), power(minus(discounted(taken("0", "a")), num("1/2")), 2))
# (p + q - 1)^2: visits of 0 count 4/3, visits of 1 count 2/3. So 1 at aa and bb, 0 at ab and ba.
XOR_ONMR = power(
    minus(
        times(
            num("3/4"),
            discounted(plus(taken("0", "a"), times(num(2), taken("1", "a")))),
        ),
        num(1),
    ),
    2,
)
LATE = average(taken("1", "a"))
LADDER = plus(times(num(2), indicator(action("a"))), indicator(action("b")))
SHARE = average(indicator(action("a")))
MODULO = lexicographic(
    chosen(at_least(SHARE, num("1/2")), minus(SHARE, num("1/2")), SHARE),
    chosen(at_least(SHARE, num("1/2")), num(1), num(0)),
)

HALVES = certificate(
    "C2 mixture",
    policies=[mix("0", a="1/2", b="1/2"), pick(**{"0": "a"}), pick(**{"0": "b"})],
    comparisons=[above(0, 1), above(0, 2)],
    multipliers=["1", "1"],
)
CORNERS = [pick(**{"0": first, "1": second}) for first in "ab" for second in "ab"]  # aa, ab, ba, bb
SQUARE = certificate(
    "C1 farkas",
    policies=CORNERS,
    comparisons=[above(0, 1), above(3, 2)],
    tiles=whole(ONE, ONE),
)
XOR_TIES = certificate(
    "C4a infinitesimal ties",
    policies=[
        {"0": {"a": "1/2", "b": "1/2"}, "1": {"a": "3/4", "b": "1/4"}},
        pick(**{"0": "a", "1": "a"}),
        pick(**{"0": "a", "1": "b"}),
    ],
    pair=[1, 2],
    points=[
        {
            "policy": 0,
            "tie": {"1": {"a": "1", "b": "-1"}},
            "slope": {"0": {"a": "1", "b": "-1"}},
        }
    ],
    tiles=whole(ONE, ["1"]),
)
_UP = {"0": {"a": "1", "b": "-1"}}
_LATE_UP = {"1": {"a": "1", "b": "-1"}}
LATE_TIES = certificate(
    "C4a infinitesimal ties",
    policies=[
        {"0": {"a": "1/2", "b": "1/2"}, "1": {"a": "1/3", "b": "2/3"}},
        {"0": {"a": "1/2", "b": "1/2"}, "1": {"a": "2/3", "b": "1/3"}},
        {"0": {"a": "1"}, "1": {"a": "1/3", "b": "2/3"}},
        {"0": {"a": "1"}, "1": {"a": "2/3", "b": "1/3"}},
    ],
    pair=[3, 2],
    points=[
        {"policy": 0, "tie": _UP, "slope": _LATE_UP},
        {"policy": 1, "tie": _UP, "slope": _LATE_UP},
    ],
    # (1 - gamma)(m(3) - m(2)) = D m(1) - D m(0): both are gamma/3 on the late choice.
    tiles=whole([["1", 0, 1]], ["-1"], ["1"]),
)
# (1 - gamma)(J_aa - J_ab) = (J_aa - J_ba) - (J_ab - J_bb), and those on the right are ties.
LATE_FARKAS = certificate(
    "C1 farkas",
    policies=CORNERS,
    comparisons=[above(0, 1), tied(0, 2), tied(1, 3)],
    tiles=whole([["1", 0, 1]], ["-1"], ["1"]),
)
LIMIT = certificate(
    "C5 limit",
    family={"0": {"a": ["0", "1"], "b": ["1", "-1"]}},
    reference=pick(**{"0": "a"}),
)
CHAIN_OF_THREE = certificate(
    "C3 zero-one",
    policies=[pick(**{"0": "a"}), pick(**{"0": "b"}), pick(**{"0": "c"})],
    comparisons=[above(0, 1), above(1, 2)],
)
SAME_LIMIT = certificate(
    "C7 same limit occupancy", policies=[pick(**{"0": "a"}), pick(**{"0": "b"})], pair=[0, 1]
)
PEAK_TIES = certificate(
    "C4a infinitesimal ties",
    policies=[
        mix("0", a="1/2", b="1/4", c="1/4"),
        mix("0", b="1/2", c="1/2"),
        pick(**{"0": "c"}),
    ],
    pair=[1, 2],
    points=[
        {
            "policy": 0,
            "tie": {"0": {"b": "1", "c": "-1"}},
            "slope": {"0": {"a": "1", "b": "-1"}},
        }
    ],
    tiles=whole([["2", 0, 0]], ["1"]),
)
JUMPS = certificate(
    "C6 jump family",
    lower={"0": {"a": ["0", "1"], "b": ["1", "-1"]}},
    upper={"0": {"a": ["1/2", "1"], "b": ["1/2", "-1"]}},
)
UNSEEN = certificate(
    "C7 same lottery", policies=[pick(**{"1": "a"}), pick(**{"1": "b"})], pair=[0, 1]
)

GOAL = atom(label("goal"))
_ROWS: list[tuple[str, str, str, Json, Json, Json]] = [
    ("W1 hump", "FTR", "RRL", ONE_SHOT, HUMP_RRL, HALVES),
    ("W1 hump", "FTR", "ONMR", ONE_SHOT, HUMP_ONMR, HALVES),
    ("W2 xor", "RRL", "ONMR", CYCLE, XOR_ONMR, SQUARE),
    ("W2 xor", "RRL", "RM", CYCLE, SAME, SQUARE),
    ("W2 xor", "RRL", "LTL", CYCLE, XOR, SQUARE),
    ("W2 xor", "ONMR", "RM", CYCLE, SAME, XOR_TIES),
    ("W2 xor", "ONMR", "LTL", CYCLE, XOR, XOR_TIES),
    ("W3 delay", "RRL", "LAR", DELAY, LATE, LATE_FARKAS),
    ("W3 delay", "ONMR", "LAR", DELAY, LATE, LATE_TIES),
    ("W4 loop", "RM", "LTL", LOOP, probability(unary("F", GOAL)), LIMIT),
    ("W4 loop", "RM", "LAR", LOOP, average(indicator(label("goal"))), LIMIT),
    ("W5 three", "LTL", "MR", THREE, discounted(LADDER), CHAIN_OF_THREE),
    ("W5 three", "LTL", "LAR", THREE, average(LADDER), CHAIN_OF_THREE),
    ("W6 once", "LAR", "MR", ONE_SHOT, discounted(taken("0", "a")), SAME_LIMIT),
    ("W6 once", "LAR", "LTL", ONE_SHOT, probability(_next("a")), SAME_LIMIT),
    ("W7 peak", "ONMR", "RRL", THREE, discounted(TSALLIS), PEAK_TIES),
    ("W8 modulo", "FPR", "TLO", TWO, MODULO, JUMPS),
    (
        "W9 hidden",
        "TLO",
        "FPR",
        HIDDEN,
        {"kind": "policy", "state": "1", "action": "a"},
        UNSEEN,
    ),
]

WITNESSES = [
    Witness(
        name,
        upper,
        lower,
        where,
        number if number["kind"] == "lexicographic" else scalar(number),
        proof,
        {"machines": MACHINES} if number is SAME else {},
    )
    for name, upper, lower, where, number, proof in _ROWS
]
