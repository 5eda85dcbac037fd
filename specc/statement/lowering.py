"""A resolved objective in the language of the kernel's specs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, NoReturn

from specc.automata import formula as ltl
from specc.diagnostics import SpecError
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.resolve.file import Spec
from specc.source import Span
from specc.visited import visited_set

__all__ = ["Json", "Lowering"]

Json = Any
"""dict, list, str or int."""

_MOST_EXPONENT = 64  # the kernel's limits: exponents, and digits of a number
_MOST_DIGITS = 400
_MANY = {"+", "*", "min", "max"}
_ZERO: Json = {"kind": "constant", "value": "0"}
_ONE: Json = {"kind": "constant", "value": "1"}


class Lowering:
    """One spec's translation; collects the machines, labels, rewards and policies that it reads."""

    def __init__(self, spec: Spec, mdp: Mdp) -> None:
        self.spec = spec
        self.mdp = mdp
        self.machines: dict[str, Json] = {}
        self.references: dict[str, Json] = {}
        self.labels: set[str] = set()
        self.rewards: set[str] = set()
        self.names: dict[stack.Machine, str] = {}
        self.span = spec.declaration.expression.span

    def refuse(self, what: str, span: Span | None = None) -> NoReturn:
        """Raise E910 at the place, or where it is not known at the spec."""
        raise SpecError.of(
            "E910",
            f"the proof kernel's language has no {what}",
            source=self.spec.source,
            span=span if span is not None and span.end > span.start else self.span,
        )

    def order(self, objective: stack.Objective) -> Json:
        """How policies compare."""
        match objective:
            case stack.Scalar(number):
                return {"kind": "scalar", "number": self.value(number)}
            case stack.Lexicographic(numbers):
                return {"kind": "lexicographic", "numbers": [self.value(n) for n in numbers]}
            case stack.Constrained(number, constraints):
                return {
                    "kind": "constrained",
                    "number": self.value(number),
                    "constraints": [self.condition(c) for c in constraints],
                }

    def value(self, number: stack.Number) -> Json:
        """A number of a policy."""
        match number:
            case stack.Expectation(trajectory):
                return self.mean(trajectory)
            case stack.PolicyProbability(action, state):
                return {"kind": "policy", "state": state, "action": action}
            case stack.Quantile(level, trajectory):
                worth = self.trajectory(trajectory)
                return {"kind": "quantile", "level": str(level), "number": worth}
            case stack.ConditionalValueAtRisk(level, trajectory):
                worth = self.trajectory(trajectory)
                return {"kind": "cvar", "level": str(level), "number": worth}
            case stack.Variance(trajectory):
                return {"kind": "variance", "number": self.trajectory(trajectory)}
            case _:
                return self.arithmetic(number, self.value, self.condition)

    def condition(self, guard: stack.Guard) -> Json:
        """A truth value of a policy."""
        return self.logic(guard, self.value, self.condition)

    def mean(self, number: stack.Number) -> Json:
        """The mean of a number of the trajectory: by means of its parts where that can be, for
        these the kernel knows on every chain."""
        found = self.linear_mean(number)
        return found or {"kind": "mean", "number": self.trajectory(number)}

    def linear_mean(self, number: stack.Number) -> Json:
        """The mean of a leaf, of a sum, or of a number times constants; None for others."""
        match number:
            case stack.Constant(value):
                return self.constant(value, number.span)
            case stack.Apply(function, operands):
                parts = [self.linear_mean(part) for part in operands]
                if None in parts:
                    return None
                varying = [k for k, part in enumerate(parts) if part["kind"] != "constant"]
                linear = {"+": True, "*": len(varying) < 2, "/": varying in ([], [0])}
                if linear.get(function, not varying):
                    return self.apply(function, parts, number.span)
                return None
            case stack.Indicator() | stack.Choice():
                return None
            case _:
                return self.leaf(number, "probability")

    def trajectory(self, number: stack.Number) -> Json:
        """A number of one trajectory."""
        match number:
            case stack.Constant() | stack.Apply() | stack.Indicator() | stack.Choice():
                return self.arithmetic(number, self.trajectory, self.event)
            case _:
                return self.leaf(number, "satisfied")

    def event(self, guard: stack.Guard) -> Json:
        """A truth value of one trajectory."""
        return self.logic(guard, self.trajectory, self.event)

    def leaf(self, number: stack.Number, satisfaction: str) -> Json:
        """A number of the trajectory that is no arithmetic, or its mean; they differ in the word
        for whether a formula holds."""
        match number:
            case stack.Discounted(signal, discount):
                paid = self.until_stopped(self.signal(signal))
                return {"kind": "discounted", "signal": paid, "discount": str(discount)}
            case stack.Average(signal):
                return {"kind": "average", "signal": self.signal(signal)}
            case stack.Total(signal, None):
                return {
                    "kind": "total forever",
                    "signal": self.until_stopped(self.signal(signal)),
                }
            case stack.Total(signal, int() as horizon):
                paid = self.until_stopped(self.signal(signal))
                return {"kind": "total", "signal": paid, "horizon": horizon}
            case stack.Satisfaction(formula, meaning, horizon):
                guards = {name: self.guard(guard) for name, guard in meaning}
                return _satisfied(satisfaction, self.formula(formula, guards), horizon)
            case stack.AutomatonSatisfaction():
                return self.refuse("automata", number.span)
            case stack.Extremum(kind, signal):
                return {"kind": kind, "signal": self.signal(signal)}
            case stack.SetFunction():
                return self.set_function(number, satisfaction)
            case _:
                return self.refuse(f"`{type(number).__name__.lower()}` here", number.span)

    def set_function(self, function: stack.SetFunction, satisfaction: str) -> Json:
        """A weighted coverage: for every set of states that covers the same, its weight times
        whether one of them is visited."""
        if function.kind in {"facility_location", "logdet"}:
            self.refuse(f"`{function.kind}`, which is irrational", function.span)
        visited = visited_set(self.mdp, function)
        covering: dict[tuple[int, ...], Fraction] = {}
        for element, weight in enumerate(visited.weights):
            states = tuple(s for s, gained in enumerate(visited.gained) if gained >> element & 1)
            if states:
                covering[states] = covering.get(states, Fraction(0)) + weight
        letters = None if function.horizon is None else function.horizon + 1
        parts = []
        for states, weight in covering.items():
            places = [{"kind": "at", "state": self.mdp.states[s]} for s in states]
            reached = {
                "kind": "F",
                "operand": {"kind": "atom", "guard": _joined("or", places)},
            }
            held = _satisfied(satisfaction, reached, letters)
            factor = self.constant(weight, function.span)
            parts.append(held if weight == 1 else {"kind": "*", "operands": [factor, held]})
        if len(parts) < 2:
            return parts[0] if parts else _ZERO
        return {"kind": "+", "operands": parts}

    def until_stopped(self, signal: Json) -> Json:
        """The signal, but 0 where the episode is over: the kernel has no such states."""
        ended = [s for s, stopped in zip(self.mdp.states, self.mdp.stopped, strict=True) if stopped]
        if not ended:
            return signal
        places = [{"kind": "at", "state": state} for state in sorted(ended)]
        over = places[0] if len(places) == 1 else {"kind": "or", "operands": places}
        return _chosen({"kind": "from", "operand": over}, _ZERO, signal)

    def signal(self, number: stack.Number) -> Json:
        """A number of a transition, which may read a machine or the policy."""
        match number:
            case stack.MachineOutput(machine):
                return {"kind": "machine", "name": self.machine(machine)}
            case stack.PolicyTerm("entropy"):
                return {"kind": "entropy"}
            case stack.PolicyTerm("tsallis", Fraction() as order):
                if order.denominator > 1 or not 2 <= order <= _MOST_EXPONENT:
                    self.refuse(f"Tsallis entropy of order {order}", number.span)
                return {"kind": "tsallis", "order": int(order)}
            case stack.PolicyTerm(_, _, reference):
                name = reference or "uniform"
                self.reference(name, number.span)
                return {"kind": "kl", "reference": name}
            case stack.Native():
                return self.reward(number)
            case _:
                return self.arithmetic(number, self.signal, self.guard)

    def reward(self, number: stack.Number) -> Json:
        """A number of a transition alone."""
        match number:
            case stack.Native(name):
                name = name or next(iter(self.mdp.rewards), "")
                if name not in self.mdp.rewards:
                    self.refuse("rewards that the environment lacks", number.span)
                self.rewards.add(name)
                return {"kind": "reward", "name": name}
            case _:
                return self.arithmetic(number, self.reward, self.guard)

    def guard(self, guard: stack.Guard) -> Json:
        """A truth value of a transition."""
        match guard:
            case stack.LabelIs(name):
                if name not in self.mdp.labels:
                    self.refuse("labels that the environment lacks", guard.span)
                self.labels.add(name)
                return {"kind": "label", "name": name}
            case stack.Here(state):
                return {"kind": "at", "state": state}
            case stack.Action(name):
                return {"kind": "action", "action": name}
            case stack.Before(inner):
                return {"kind": "from", "operand": self.guard(inner)}
            case _:
                return self.logic(guard, self.reward, self.guard)

    def logic(
        self,
        guard: stack.Guard,
        number: Callable[[stack.Number], Json],
        inner: Callable[[stack.Guard], Json],
    ) -> Json:
        """Connectives and comparisons, which every layer has."""
        match guard:
            case stack.Truth(value):
                return {"kind": "true" if value else "false"}
            case stack.Negation(part):
                return {"kind": "not", "operand": inner(part)}
            case stack.AllOf(parts):
                return _joined("and", [inner(part) for part in parts])
            case stack.AnyOf(parts):
                return _joined("or", [inner(part) for part in parts])
            case stack.Comparison(operator, left, right):
                sides = {"left": number(left), "right": number(right)}
                return {"kind": "compare", "operator": operator, **sides}
            case _:
                return self.refuse(f"`{type(guard).__name__.lower()}` here", guard.span)

    def arithmetic(
        self,
        number: stack.Number,
        inner: Callable[[stack.Number], Json],
        test: Callable[[stack.Guard], Json],
    ) -> Json:
        """Constants, functions and choices, which every layer has."""
        match number:
            case stack.Constant(value):
                return self.constant(value, number.span)
            case stack.Indicator(guard):
                return _chosen(test(guard), _ONE, _ZERO)
            case stack.Choice(guard, then, otherwise):
                return _chosen(test(guard), inner(then), inner(otherwise))
            case stack.Apply(function, operands):
                return self.apply(function, [inner(part) for part in operands], number.span)
            case stack.Observation():
                return self.refuse("observations, which are floating-point numbers", number.span)
            case _:
                return self.refuse(f"`{type(number).__name__.lower()}` here", number.span)

    def apply(self, function: str, operands: list[Json], span: Span) -> Json:
        """A function of lowered numbers; of constants alone it is carried out."""
        if function in _MANY and len(operands) == 1:
            return operands[0]
        values = [Fraction(part["value"]) for part in operands if part["kind"] == "constant"]
        fixed = len(values) == len(operands)
        match function, operands:
            case "+", _:
                folded = sum(values, Fraction(0)) if fixed else None
            case "*", _:
                folded = _product(values) if fixed else None
            case "/", [above, below]:
                folded = values[0] / values[1] if fixed and values[1] else None
                if folded is None:
                    return {"kind": "/", "left": above, "right": below}
            case "**", [base, exponent]:
                return self.power(base, exponent, span)
            case (("min" | "max"), _):
                return {"kind": function, "operands": operands}
            case "abs", [operand]:
                return {"kind": "abs", "operand": operand}
            case _:
                return self.refuse(f"`{function}`", span)
        if folded is not None:
            return self.constant(folded, span)
        return {"kind": function, "operands": operands}

    def power(self, base: Json, exponent: Json, span: Span) -> Json:
        """A power with a whole exponent; a negative one is a quotient."""
        value = Fraction(exponent["value"]) if exponent["kind"] == "constant" else None
        if value is None or value.denominator > 1 or abs(value) > _MOST_EXPONENT:
            return self.refuse(f"powers but by whole numbers up to {_MOST_EXPONENT}", span)
        raised = {"kind": "power", "base": base, "exponent": abs(int(value))}
        return raised if value >= 0 else {"kind": "/", "left": _ONE, "right": raised}

    def constant(self, value: Fraction, span: Span) -> Json:
        """A rational, in lowest terms."""
        text = str(value)
        if len(text) > _MOST_DIGITS:
            self.refuse(f"numbers of more than {_MOST_DIGITS} digits", span)
        return {"kind": "constant", "value": text}

    def formula(self, formula: ltl.Formula, guards: Mapping[str, Json]) -> Json:
        """LTL over guards."""
        match formula:
            case ltl.Truth(value):
                return {"kind": "true" if value else "false"}
            case ltl.Atom(name):
                return {"kind": "atom", "guard": guards[name]}
            case ltl.Connective(operator, operands):
                parts = [self.formula(part, guards) for part in operands]
                if operator in {"and", "or"}:
                    return _joined(operator, parts)
                if len(parts) == 1:
                    return {"kind": operator, "operand": parts[0]}
                left, right = parts
                return {"kind": operator, "left": left, "right": right}

    def machine(self, machine: stack.Machine) -> str:
        """The name of a machine in the statement; equal machines are one."""
        if machine in self.names:
            return self.names[machine]
        if machine.reads_start:
            self.refuse("machines that read the start state")
        name = machine.name
        while name in self.machines:
            name += "'"
        self.names[machine] = name
        self.machines[name] = [self.edges(machine, state) for state in range(len(machine.states))]
        return name

    def edges(self, machine: stack.Machine, state: int) -> list[Json]:
        """The edges of a machine's state, in the order in which they are tried."""
        if state in machine.final:
            return []
        found: list[Json] = [
            {"when": self.guard(step.guard), "to": step.target, "emit": self.reward(step.emit)}
            for step in machine.steps
            if step.source == state
        ]
        if machine.otherwise is not None:
            found.append({"when": {"kind": "true"}, "to": machine.otherwise, "emit": _ZERO})
        return found

    def reference(self, name: str, span: Span) -> None:
        """Keep the policy that `kl` compares with; it takes every action."""
        from specc.evaluate.evaluation import references
        from specc.model.policy import uniform

        if name in self.references:
            return
        known = references(self.spec, self.mdp)
        if name not in known and name != "uniform":
            self.refuse("`kl` to a policy with memory", span)
        policy = known[name] if name in known else uniform(self.mdp)
        chances = policy.probabilities
        if not all(chances[choice] > 0 for choice in range(self.mdp.choice_count)):
            self.refuse("`kl` to a policy that leaves out an action", span)
        self.references[name] = {
            state: {self.mdp.actions[c]: str(chances[c]) for c in self.mdp.choices(number)}
            for number, state in enumerate(self.mdp.states)
        }


def _satisfied(word: str, formula: Json, letters: int | None) -> Json:
    if letters is None:
        return {"kind": word, "formula": formula}
    return {"kind": f"{word} within", "formula": formula, "letters": letters}


def _chosen(condition: Json, then: Json, otherwise: Json) -> Json:
    return {"kind": "if", "condition": condition, "then": then, "else": otherwise}


def _joined(connective: str, parts: list[Json]) -> Json:
    if not parts:
        return {"kind": "true" if connective == "and" else "false"}
    return parts[0] if len(parts) == 1 else {"kind": connective, "operands": parts}


def _product(values: Iterable[Fraction]) -> Fraction:
    found = Fraction(1)
    for value in values:
        found *= value
    return found
