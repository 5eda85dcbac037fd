"""Random environments, policies and objectives, as the kernel's JSON and as specc's own values."""

from __future__ import annotations

import random
from fractions import Fraction

from kernel_documents import (
    ENTROPY,
    Json,
    action,
    atom,
    both,
    chosen,
    either,
    label,
    left_state,
    machine,
    minus,
    no,
    num,
    plus,
    power,
    times,
)

from specc.automata import formula as ltl
from specc.model.mdp import Mdp, MdpBuilder
from specc.model.policy import Policy
from specc.objective import stack

_KINDS = ("not", "X", "X", "F", "G", "U", "U", "R", "W", "M", "and", "or", "->", "<->", "xor")


def distribution(rng: random.Random, names: list[str], most: int = 3) -> dict[str, str]:
    found = rng.sample(names, rng.randint(1, min(most, len(names))))
    weights = [rng.randint(1, 4) for _ in found]
    return {n: str(Fraction(w, sum(weights))) for n, w in zip(found, weights, strict=True)}


def random_environment(rng: random.Random, largest: int = 5) -> Json:
    states = [f"s{i}" for i in range(rng.randint(1, largest))]
    rows = {s: {a: distribution(rng, states) for a in "abc"[: rng.randint(1, 3)]} for s in states}
    steps = [[s, a, t] for s, row in rows.items() for a, ends in row.items() for t in ends]
    paid = rng.sample(steps, rng.randint(1, len(steps)))
    return {
        "states": rows,
        "initial": distribution(rng, states),
        "labels": {
            "p": {"states": rng.sample(states, rng.randint(1, max(1, len(states) - 1)))},
            "q": {"states": rng.sample(states, rng.randint(1, max(1, len(states) - 1)))},
            "j": {"transitions": rng.sample(steps, rng.randint(0, len(steps)))},
        },
        "rewards": {"native": [[*step, str(rng.randint(-3, 3))] for step in paid]},
    }


def random_policy(rng: random.Random, environment: Json) -> Json:
    """A quarter of the probabilities are 0."""
    policy = {}
    for state, row in environment["states"].items():
        weights = [rng.choice([0, 1, 2, 3]) for _ in row]
        if not any(weights):
            weights[rng.randrange(len(weights))] = 1
        policy[state] = {
            a: str(Fraction(w, sum(weights))) for a, w in zip(row, weights, strict=True)
        }
    return policy


def random_guard(rng: random.Random, environment: Json, depth: int = 2) -> Json:
    if depth and rng.random() < 0.4:
        parts = [random_guard(rng, environment, depth - 1) for _ in range(2)]
        return rng.choice([lambda: no(parts[0]), lambda: both(*parts), lambda: either(*parts)])()
    state = rng.choice(list(environment["states"]))
    return rng.choice(
        [
            label("p"),
            label("q"),
            label("j"),
            action(rng.choice(["a", "b"] if _has(environment, "b") else ["a"])),
            {"kind": "at", "state": state},
            left_state(state),
            {"kind": "from", "operand": either(label("p"), no(label("q")))},
        ]
    )


def _has(environment: Json, name: str) -> bool:
    return any(name in row for row in environment["states"].values())


def random_formula(rng: random.Random, environment: Json, size: int) -> Json:
    if size <= 1:
        if rng.random() < 0.05:
            return {"kind": rng.choice(["true", "false"])}
        return atom(random_guard(rng, environment, 1))
    kind = rng.choice(
        ["not", "X", "F", "G", "U", "U", "R", "W", "M", "and", "or", "->", "<->", "xor"]
    )
    if kind in ("not", "X", "F", "G"):
        return {"kind": kind, "operand": random_formula(rng, environment, size - 1)}
    first = rng.randint(1, size - 1)
    left, right = (random_formula(rng, environment, n) for n in (first, size - first))
    if kind in ("and", "or"):
        return {"kind": kind, "operands": [left, right]}
    return {"kind": kind, "left": left, "right": right}


def random_reward(rng: random.Random, environment: Json, depth: int = 2) -> Json:
    if depth and rng.random() < 0.6:
        parts = [random_reward(rng, environment, depth - 1) for _ in range(2)]
        guard = random_guard(rng, environment, 1)
        return rng.choice(
            [
                lambda: plus(*parts),
                lambda: minus(*parts),
                lambda: times(*parts),
                lambda: power(parts[0], rng.randint(0, 3)),
                lambda: {"kind": "min", "operands": parts},
                lambda: {"kind": "max", "operands": parts},
                lambda: {"kind": "abs", "operand": parts[0]},
                lambda: chosen(guard, *parts),
                lambda: chosen(
                    {
                        "kind": "compare",
                        "operator": rng.choice(["<", "<=", "=", "!=", ">=", ">"]),
                        "left": parts[0],
                        "right": parts[1],
                    },
                    *parts,
                ),
            ]
        )()
    return rng.choice([num(rng.randint(-2, 2)), num("1/3"), {"kind": "reward", "name": "native"}])


def random_machine(rng: random.Random, environment: Json) -> Json:
    count = rng.randint(1, 3)
    return [
        [
            {
                "when": random_guard(rng, environment),
                "to": rng.randrange(count),
                "emit": random_reward(rng, environment, 1),
            }
            for _ in range(rng.randint(0, 3))
        ]
        for _ in range(count)
    ]


def random_signal(rng: random.Random, environment: Json, policy_terms: bool = False) -> Json:
    parts = [random_reward(rng, environment)]
    if rng.random() < 0.5:
        parts.append(times(machine("m"), random_reward(rng, environment, 1)))
    if policy_terms:
        parts.append(rng.choice([ENTROPY, {"kind": "tsallis", "order": rng.randint(2, 3)}]))
    return plus(*parts)


# -- the same things as specc's own values


def mdp_of(environment: Json) -> Mdp:
    builder = MdpBuilder("random")
    steps = {tuple(step) for step in environment["labels"]["j"]["transitions"]}
    rewards = {(s, a, t): Fraction(r) for s, a, t, r in environment["rewards"]["native"]}
    for state in environment["states"]:
        builder.state(state)
    for state, row in environment["states"].items():
        for name, ends in row.items():
            builder.add(
                state,
                name,
                [(t, Fraction(p)) for t, p in ends.items()],
                rewards={"": {t: rewards.get((state, name, t), Fraction(0)) for t in ends}},
                labels={"j": [t for t in ends if (state, name, t) in steps]},
            )
    for name in "pq":
        builder.declare_label(name)
        for state in environment["labels"][name]["states"]:
            builder.label_state(name, state)
    builder.declare_transition_label("j")
    return builder.build([(s, Fraction(p)) for s, p in environment["initial"].items()])


def policy_of(mdp: Mdp, policy: Json) -> Policy:
    return Policy(
        tuple(
            Fraction(policy[name].get(mdp.actions[choice], "0"))
            for state, name in enumerate(mdp.states)
            for choice in mdp.choices(state)
        )
    )


_FUNCTIONS = {"+": "+", "*": "*", "min": "min", "max": "max", "-": "-", "/": "/"}


def guard_of(guard: Json, machines: Json | None = None) -> stack.Guard:
    match guard["kind"]:
        case "true" | "false":
            return stack.Truth(guard["kind"] == "true")
        case "label":
            return stack.LabelIs(guard["name"])
        case "at":
            return stack.Here(guard["state"])
        case "action":
            return stack.Action(guard["action"])
        case "from":
            return stack.Before(guard_of(guard["operand"]))
        case "not":
            return stack.Negation(guard_of(guard["operand"]))
        case "and":
            return stack.AllOf(tuple(map(guard_of, guard["operands"])))
        case "or":
            return stack.AnyOf(tuple(map(guard_of, guard["operands"])))
        case "compare":
            return stack.Comparison(
                guard["operator"],
                number_of(guard["left"], machines),
                number_of(guard["right"], machines),
            )
        case kind:
            raise AssertionError(kind)


def number_of(term: Json, machines: Json | None = None) -> stack.Number:
    def inner(part: Json) -> stack.Number:
        return number_of(part, machines)

    match term["kind"]:
        case "constant":
            return stack.Constant(Fraction(term["value"]))
        case "+" | "*" | "min" | "max" as kind:
            found = [inner(part) for part in term["operands"]]
            return stack.Apply(kind, tuple(found)) if len(found) > 1 else found[0]
        case "-":
            negative = stack.Apply("*", (stack.Constant(Fraction(-1)), inner(term["right"])))
            return stack.Apply("+", (inner(term["left"]), negative))
        case "/":
            return stack.Apply("/", (inner(term["left"]), inner(term["right"])))
        case "power":
            exponent = stack.Constant(Fraction(term["exponent"]))
            return stack.Apply("**", (inner(term["base"]), exponent))
        case "abs":
            return stack.Apply("abs", (inner(term["operand"]),))
        case "if":
            return stack.Choice(
                guard_of(term["condition"]), inner(term["then"]), inner(term["else"])
            )
        case "reward":
            return stack.Native("")
        case "machine":
            return stack.MachineOutput(machine_of(machines[term["name"]]))
        case "entropy":
            return stack.PolicyTerm("entropy")
        case "tsallis":
            return stack.PolicyTerm("tsallis", order=Fraction(term["order"]))
        case "discounted":
            discount = Fraction(term["discount"])
            return stack.Expectation(stack.Discounted(inner(term["signal"]), discount))
        case "average":
            return stack.Expectation(stack.Average(inner(term["signal"])))
        case "total":
            return stack.Expectation(stack.Total(inner(term["signal"]), term["horizon"]))
        case "policy":
            return stack.PolicyProbability(term["action"], term["state"])
        case "sup" | "inf" as kind:
            return stack.Expectation(stack.Extremum(kind, inner(term["signal"])))
        case "probability" | "probability within":
            return stack.Expectation(satisfaction_of(term["formula"], term.get("letters")))
        case kind:
            raise AssertionError(kind)


def machine_of(rows: Json) -> stack.Machine:
    steps = [
        stack.MachineStep(u, guard_of(edge["when"]), edge["to"], number_of(edge["emit"]))
        for u, edges in enumerate(rows)
        for edge in edges
    ]
    return stack.Machine("m", tuple(f"u{u}" for u in range(len(rows))), tuple(steps), frozenset())


def satisfaction_of(formula: Json, letters: int | None = None) -> stack.Satisfaction:
    meaning: dict[str, stack.Guard] = {}

    def inner(part: Json) -> ltl.Formula:
        match part["kind"]:
            case "true" | "false":
                return ltl.Truth(part["kind"] == "true")
            case "atom":
                name = f"a{len(meaning)}"
                meaning[name] = guard_of(part["guard"])
                return ltl.Atom(name)
            case "not" | "X" | "F" | "G" as kind:
                return ltl.Connective(kind, (inner(part["operand"]),))
            case "and" | "or" as kind:
                return ltl.Connective(kind, tuple(inner(x) for x in part["operands"]))
            case kind:
                return ltl.Connective(kind, (inner(part["left"]), inner(part["right"])))

    made = inner(formula)
    return stack.Satisfaction(made, tuple(meaning.items()), letters)
