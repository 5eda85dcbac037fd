"""Is a claim that the kernel accepted true? Judged by other code and other means.

Orders come from specc's own evaluation; occupancies from numpy; certificates are not followed
but what they show is looked for again: a linear program has no solution at many discounts, two
mixtures agree on every prefix, no set of trajectories fits, values at small rational e.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from kernel_documents import Json
from kernel_lassos import Along, arithmetic_of, logic_of, of_lottery, trajectories
from kernel_random import number_of
from scipy.optimize import linprog

from specc.evaluate.evaluation import Evaluation, evaluate_objective
from specc.model.mdp import Mdp, MdpBuilder
from specc.model.policy import Policy
from specc.objective import stack

# Page 30, once more.
LINEAR = {"MR", "LAR", "LTL", "RM", "INMR", "IMORL", "FTR", "SUB_H", "SUB", "SUBT_H", "LTLF"} | {
    "COSAFE", "OMEGA", "MAXR", "MINR", "TDR", "LMORL", "LMORLG"
}  # fmt: skip
REAL = LINEAR | {"RRL", "ONMR", "OMORL", "FOMR", "FTLR", "FPR", "CMDP", "CVAR", "QUANT", "KLRRL"}
REACH = {
    "C1 farkas": {"MR", "RRL", "LAR", "KLRRL", "LMORL", "LMORLG", "LEX", "CMDP", "CVAR", "QUANT"},
    "C2 mixture": LINEAR | {"CVAR", "QUANT"},
    "C3 zero-one": {"LTL", "LTLF", "COSAFE", "OMEGA"},
    "C4a infinitesimal ties": {"MR", "LMORL", "ONMR", "CMDP"},
    "C4b range": {"MR", "ONMR"},
    "C5 limit": {"MR", "RM", "KLRRL", "TDR", "LMORL", "LMORLG", "COSAFE", "SUB", "MAXR", "QUANT"}
    | {"MINR", "CMDP"}
    | {"SUB_H", "SUBT_H", "LTLF", "CVAR"},
    "C6 jump family": REAL,
    "C7 same lottery": (REAL - {"FPR"}) | {"TLO", "GOMORL", "OMO", "LEX"},
    "C7 same limit occupancy": {"LAR"},
    "C8 few values": {"QUANT"},
    "C9 same visits": {"SUB", "MAXR", "MINR"},
    "C9 more visits": {"SUB_H", "SUB"},
    "C9 covered visits": {"MAXR"},
    "C10 reversal": {"MR", "LMORL", "TDR"},
}
LEAVES = {"discounted", "average", "total", "sup", "inf", "policy"} | {
    "probability", "probability within"
}  # fmt: skip
Plain = dict[str, dict[str, Fraction]]


class Oracle:
    """One statement, as specc's own values."""

    def __init__(self, statement: Json) -> None:
        self.environment = statement["environment"]
        self.formalism = statement["formalism"]
        self.states = sorted(self.environment["states"])
        self.mdp = self._mdp()
        self.machines = statement["spec"].get("machines", {})
        order = statement["spec"]["order"]
        self.numbers = order["numbers"] if "numbers" in order else [order["number"]]
        self.constraints = order.get("constraints", [])
        self.references = statement["spec"].get("references", {})

    def _mdp(self) -> Mdp:
        builder = MdpBuilder("claim")
        labels = self.environment.get("labels", {})
        native = {
            (s, a, t): Fraction(r)
            for rows in self.environment.get("rewards", {}).values()
            for s, a, t, r in rows
        }
        for state in self.environment["states"]:
            builder.state(state)
        steps = {n: [*map(tuple, label.get("transitions", []))] for n, label in labels.items()}
        for state, row in self.environment["states"].items():
            for name, ends in row.items():
                paid = {t: native.get((state, name, t), Fraction(0)) for t in ends}
                moves = [(t, Fraction(p)) for t, p in ends.items()]
                marks = {
                    n: [t for t in ends if (state, name, t) in marked]
                    for n, marked in steps.items()
                    if marked
                }
                builder.add(state, name, moves, rewards={"": paid}, labels=marks)
        for name, label in labels.items():
            if steps[name]:
                assert not label.get("states"), "specc has no labels of both kinds"
                builder.declare_transition_label(name)
                continue
            builder.declare_label(name)
            for state in label.get("states", []):
                builder.label_state(name, state)
        return builder.build([(s, Fraction(p)) for s, p in self.environment["initial"].items()])

    def policy(self, given: Json, e: Fraction = Fraction(0)) -> Plain:
        """The policy at a rational e."""

        def chance(text: Json) -> Fraction:
            if isinstance(text, list):
                return sum((Fraction(c) * e**k for k, c in enumerate(text)), Fraction(0))
            return Fraction(text)

        return {
            s: {a: p for a, x in given.get(s, {min(row): "1"}).items() if (p := chance(x))}
            for s, row in self.environment["states"].items()
        }

    def values(self, policy: Plain) -> list[Fraction]:
        """Feasible or not, then the numbers."""
        chosen = Policy(
            tuple(
                policy[name].get(self.mdp.actions[choice], Fraction(0))
                for state, name in enumerate(self.mdp.states)
                for choice in self.mdp.choices(state)
            )
        )

        def number(term: Json) -> Fraction:
            if term["kind"] in ("mean", "variance", "quantile", "cvar"):
                text = {s: {a: str(p) for a, p in row.items()} for s, row in policy.items()}
                return of_lottery(
                    term,
                    [
                        (m, Along(self.environment, self.machines, lasso).number(term["number"]))
                        for m, lasso in trajectories(self.environment, text)
                    ],
                )
            if term["kind"] in LEAVES:
                made = stack.Scalar(number_of(term, self.machines))
                return _rational(evaluate_objective("x", made, self.mdp, chosen))
            return arithmetic_of(term, number, condition)

        def condition(term: Json) -> bool:
            return logic_of(term, condition, number)

        if not self.constraints:
            return [number(term) for term in self.numbers]
        if not all(map(condition, self.constraints)):
            return [Fraction(0)]
        return [Fraction(1), *map(number, self.numbers)]

    def order(self, one: Plain, other: Plain) -> int:
        left, right = self.values(one), self.values(other)
        return (left > right) - (left < right)

    def features(self, policy: Plain, discount: float) -> dict[object, float]:
        """Discounted occupancies; nu too for RRL."""
        place = {s: i for i, s in enumerate(self.states)}
        matrix, start = np.zeros((len(place), len(place))), np.zeros(len(place))
        for s, p in self.environment["initial"].items():
            start[place[s]] = float(Fraction(p))
        steps = list(self.steps(policy))
        for (s, _, t), chance in steps:
            matrix[place[s], place[t]] += chance
        visits = np.linalg.solve(np.eye(len(place)) - discount * matrix.T, start)
        found: dict[object, float] = {}
        for (s, a, t), chance in steps:
            found[s, a, t] = visits[place[s]] * chance
        if self.formalism == "RRL":
            for s, i in place.items():
                key = ("nu", tuple(sorted(policy[s].items())))
                found[key] = found.get(key, 0.0) + visits[i]
        if self.formalism == "KLRRL":
            chances = [(i, float(p)) for s, i in place.items() for p in policy[s].values()]
            found["entropy"] = -sum(visits[i] * p * np.log(p) for i, p in chances)
        return found

    def steps(self, policy: Plain) -> Iterator[tuple[tuple[str, str, str], float]]:
        for s, row in policy.items():
            for a, taken in row.items():
                for t, p in self.environment["states"][s][a].items():
                    yield (s, a, t), float(taken * Fraction(p))

    def limit(self, policy: Plain) -> dict[object, float]:
        near = 1 - 1e-8
        return {k: v * (1 - near) for k, v in self.features(policy, near).items()}

    def prefixes(self, policy: Plain, length: int) -> dict[tuple[str, ...], Fraction]:
        """The masses of all s0 a0 s1 .. of this length."""
        now = {(s,): Fraction(p) for s, p in self.environment["initial"].items()}
        for _ in range(length):
            following: dict[tuple[str, ...], Fraction] = {}
            for path, mass in now.items():
                for a, taken in policy[path[-1]].items():
                    for t, p in self.environment["states"][path[-1]][a].items():
                        following[*path, a, t] = mass * taken * Fraction(p)
            now = following
            assert len(now) < 5000
        return now


def _rational(value: Evaluation) -> Fraction:
    """The value, to 12 digits: specc encloses Tsallis entropies."""
    if value.value is not None:
        exact = value.value
    else:
        assert value.lower is not None
        assert value.upper is not None
        exact = (value.lower + value.upper) / 2
    return Fraction(round(exact * 10**12), 10**12)


def is_true(statement: Json, proof: Json) -> bool:
    """Whether what the certificate claims to show is so."""
    if statement["formalism"] not in REACH[proof["kind"]]:
        return False
    oracle = Oracle(statement)
    policies = [oracle.policy(p) for p in proof.get("policies", [])]
    for c in proof.get("comparisons", []):
        if oracle.order(policies[c["better"]], policies[c["worse"]]) != int(c["strict"]):
            return False
    return _JUDGES[proof["kind"]](oracle, proof, policies)


def _farkas(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    ends = {float(Fraction(t["from"])) for t in proof["tiles"]}
    discounts = sorted({*ends, *np.linspace(0, 0.99, 12)})
    if oracle.formalism in {"LAR", "LMORLG"}:
        several, discounts = discounts, [0.0]
    if oracle.formalism in {"CVAR", "QUANT"} and any(
        len(oracle.prefixes(p, _length(oracle))) > 1 for p in policies
    ):
        return False
    if oracle.formalism == "CMDP":
        floor = policies[proof["floor"]]
        if any(oracle.order(policies[c["worse"]], floor) != 1 for c in proof["comparisons"]):
            return False

    def seen(policy: Plain, discount: float) -> dict[object, float]:
        if oracle.formalism == "LAR":
            return oracle.limit(policy)
        if oracle.formalism == "LMORLG":  # a reward for each of several discounts
            return {(d, k): x for d in several for k, x in oracle.features(policy, d).items()}
        return oracle.features(policy, discount)

    for discount in discounts:
        found = [seen(p, discount) for p in policies]
        keys = sorted({k for f in found for k in f}, key=repr)
        rows: dict[bool, list] = {True: [], False: []}
        for c in proof["comparisons"]:
            one, other = found[c["better"]], found[c["worse"]]
            rows[c["strict"]].append([one.get(k, 0.0) - other.get(k, 0.0) for k in keys])
        solution = linprog(
            np.zeros(len(keys)),
            A_ub=-np.array(rows[True]),
            b_ub=-np.ones(len(rows[True])),
            A_eq=np.array(rows[False]) if rows[False] else None,
            b_eq=np.zeros(len(rows[False])) if rows[False] else None,
            bounds=(-1e4, 1e4),
        )
        if solution.status != 2:
            return False
    return True


def _length(oracle: Oracle) -> int:
    return 2 * len(oracle.states) + 1


def _mixture(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    total: dict[tuple[str, ...], Fraction] = {}
    found = [oracle.prefixes(p, _length(oracle)) for p in policies]
    strict = []
    for c, text in zip(proof["comparisons"], proof["multipliers"], strict=True):
        strict += [Fraction(text)] if c["strict"] else []
        for side, factor in (("better", Fraction(text)), ("worse", -Fraction(text))):
            for path, mass in found[c[side]].items():
                total[path] = total.get(path, Fraction(0)) + factor * mass
    if oracle.formalism in {"CVAR", "QUANT"}:
        peak = {c["better"] for c in proof["comparisons"]}
        if len(peak) > 1 or len(strict) < len(proof["comparisons"]):
            return False
    return not any(total.values()) and min(strict) >= 0 and max(strict) > 0


def _few(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    found = {word for p in policies for word in oracle.prefixes(p, _length(oracle))}
    rising = all(oracle.order(v, u) == 1 for u, v in itertools.pairwise(policies))
    return rising and len(policies) > len(found)


def _zero_one(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    found = [oracle.prefixes(p, _length(oracle)) for p in policies]
    words = sorted({w for masses in found for w in masses})
    if len(words) > 12:
        return False
    for members in itertools.product((0, 1), repeat=len(words)):
        chosen = {w for w, inside in zip(words, members, strict=True) if inside}
        p = [sum(mass for w, mass in masses.items() if w in chosen) for masses in found]
        if all(
            p[c["better"]] > p[c["worse"]] if c["strict"] else p[c["better"]] == p[c["worse"]]
            for c in proof["comparisons"]
        ):
            return False
    return True


def _moved(policy: Plain, direction: Json, e: Fraction) -> Plain:
    made = {s: dict(row) for s, row in policy.items()}
    for s, rates in direction.items():
        for a, rate in rates.items():
            made[s][a] = made[s][a] + e * Fraction(rate)
    return made


def _ties(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    i, j = (policies[k] for k in proof["pair"])
    if oracle.order(i, j) == 0:
        return False
    if oracle.formalism == "CMDP":
        used = [i, j, *(policies[point["policy"]] for point in proof["points"])]
        if any(oracle.order(p, policies[proof["floor"]]) != 1 for p in used):
            return False
    h = Fraction(1, 10**6)
    for point in proof["points"]:
        u = policies[point["policy"]]
        slopes = []
        for name in ("tie", "slope"):
            up, down = (oracle.values(_moved(u, point[name], e))[-1] for e in (h, -h))
            slopes.append(float((up - down) / (2 * h)))
        if abs(slopes[0]) > (1e-5 if oracle.references else 1e-9) or abs(slopes[1]) < 1e-6:
            return False
    for discount in np.linspace(0, 0.95, 8):
        keys = sorted({k for p in policies for k, _ in oracle.steps(p)})

        def vector(policy: Plain, keys=keys, discount=discount) -> np.ndarray:
            found = oracle.features(policy, discount)
            return np.array([found.get(k, 0.0) for k in keys])

        columns = [
            (vector(_moved(policies[x["policy"]], x["tie"], h)) -
             vector(_moved(policies[x["policy"]], x["tie"], -h))) / float(2 * h)
            for x in proof["points"]
        ]  # fmt: skip
        gap = vector(i) - vector(j)
        if columns:
            matrix = np.array(columns).T
            gap = gap - matrix @ np.linalg.lstsq(matrix, gap, rcond=1e-7)[0]
        if np.abs(gap).max() > 1e-5:
            return False
    return True


def _level(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    level = oracle.values(policies[proof["segments"][0][0]])
    for a, b in proof["segments"]:
        for t in (Fraction(0), Fraction(1, 3), Fraction(5, 7), Fraction(1)):
            between = {
                s: {
                    x: p
                    for x in {*policies[a][s], *policies[b][s]}
                    if (p := (1 - t) * policies[a][s].get(x, 0) + t * policies[b][s].get(x, 0))
                }
                for s in policies[a]
            }
            if oracle.values(between) != level:
                return False
    used = [policies[k] for k in {k for segment in proof["segments"] for k in segment}]
    faces = {
        s: proof["faces"].get(s, [min(row)]) for s, row in oracle.environment["states"].items()
    }
    corners = itertools.product(*faces.values())
    return (
        all(dict(zip(faces, ({a: 1} for a in c), strict=True)) in used for c in corners)
        and all({*row} <= {*faces[s]} for s, row in policies[proof["outside"]].items())
        and oracle.values(policies[proof["outside"]]) != level
    )


def _limit(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    reference = oracle.policy(proof["reference"])
    sides = {
        oracle.order(oracle.policy(proof["family"], Fraction(1, 10**k)), reference) for k in (5, 8)
    }
    there = oracle.order(oracle.policy(proof["family"]), reference)
    drops, rises = min(sides) >= 0 > there, max(sides) <= 0 < there
    if oracle.formalism in {"SUB", "COSAFE", "MAXR", "QUANT"}:
        return rises
    return drops if oracle.formalism in {"MINR", "CMDP"} else drops or rises


def _jumps(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    first = []
    for k in (3, 2, 1):
        t = Fraction(k, 10**6)
        low, high = (oracle.policy(proof[side], t) for side in ("lower", "upper"))
        if oracle.values(low)[0] != oracle.values(high)[0] or oracle.order(high, low) != 1:
            return False
        first.append(oracle.values(low)[0])
    return len(oracle.numbers) > 1 and first[0] > first[1] > first[2]


def _lottery(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    i, j = (policies[k] for k in proof["pair"])
    length = _length(oracle)
    same = oracle.prefixes(i, length) == oracle.prefixes(j, length)
    return same and oracle.order(i, j) != 0


def _occupancy(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    i, j = (policies[k] for k in proof["pair"])
    one, other = oracle.limit(i), oracle.limit(j)
    close = all(abs(one.get(k, 0) - other.get(k, 0)) < 1e-6 for k in {*one, *other})
    return close and oracle.order(i, j) != 0


def _visited(oracle: Oracle, policy: Plain) -> set[tuple[str, str, str]]:
    """Transitions that may be taken."""
    runs = oracle.prefixes(policy, len(oracle.states) + 1)
    return {run[k : k + 3] for run in runs for k in range(0, len(run) - 2, 2)}


def _same_visits(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    """The sets visited within many steps have nearly the same law."""
    laws = []
    for policy in (policies[k] for k in proof["pair"]):
        law = {
            (s, frozenset()): float(Fraction(p)) for s, p in oracle.environment["initial"].items()
        }
        for _ in range(400):
            following: dict = {}
            for (s, seen), mass in law.items():
                for (u, a, t), chance in oracle.steps({s: policy[s]}):
                    key = (t, seen | {(u, a, t)})
                    following[key] = following.get(key, 0.0) + mass * chance
            law = following
        sets: dict = {}
        for (_, seen), mass in law.items():
            sets[seen] = sets.get(seen, 0.0) + mass
        laws.append(sets)
    near = all(abs(laws[0].get(x, 0) - laws[1].get(x, 0)) < 1e-3 for x in {*laws[0], *laws[1]})
    return near and oracle.order(*(policies[k] for k in proof["pair"])) != 0


def _more_visits(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    state, mixed = proof["state"], policies[proof["mixed"]]
    pure = [policies[k] for k in proof["pure"]]
    gains = [oracle.order(p, mixed) for p in pure]
    stays = all(oracle.environment["states"][state][a] == {state: "1"} for a in mixed[state])
    alike = all({**p, state: mixed[state]} == mixed and len(p[state]) == 1 for p in pure)
    taken = {a for p in pure for a in p[state]}
    return stays and alike and taken == {*mixed[state]} and min(gains) >= 0 and max(gains) > 0


def _covered(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    one = all(len(oracle.prefixes(p, _length(oracle))) == 1 for p in policies)
    above = policies[proof["above"]]
    below = [policies[k] for k in proof["below"]]
    rest = _visited(oracle, above).difference(*(_visited(oracle, p) for p in below))
    return one and not rest and all(oracle.order(above, p) == 1 for p in below)


def _reversal(oracle: Oracle, proof: Json, policies: list[Plain]) -> bool:
    """Signs of continuations from the state are the same after both beginnings."""
    state = proof["state"]
    kept, turned = ([policies[k] for k in proof[name]] for name in ("kept", "reversed"))
    for one, other in (kept, turned):
        for run in oracle.prefixes(one, len(oracle.states)):
            before = run[: run.index(state)] if state in run else run
            if any(one[s] != other[s] for s in before[::2]):
                return False
    start = oracle.environment["initial"]
    oracle.environment = {**oracle.environment, "initial": {state: "1"}}
    length = _length(oracle)
    same = all(
        oracle.prefixes(p, length) == oracle.prefixes(q, length)
        for p, q in zip(kept, turned, strict=True)
    )
    oracle.environment = {**oracle.environment, "initial": start}
    return same and oracle.order(*kept) == 1 and oracle.order(*turned) == -1


_JUDGES = {
    "C1 farkas": _farkas,
    "C2 mixture": _mixture,
    "C3 zero-one": _zero_one,
    "C4a infinitesimal ties": _ties,
    "C4b range": _level,
    "C5 limit": _limit,
    "C6 jump family": _jumps,
    "C7 same lottery": _lottery,
    "C7 same limit occupancy": _occupancy,
    "C8 few values": _few,
    "C9 same visits": _same_visits,
    "C9 more visits": _more_visits,
    "C9 covered visits": _covered,
    "C10 reversal": _reversal,
}
