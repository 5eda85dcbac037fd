"""The same MDPs and questions for Storm, made from the plain Python, not from specc.

Storm's states are the letters: one per start state, one per transition. So labels of transitions,
actions and the state left are state labels there, and a reward on a transition is the expected
reward of the choice taken in the letter before it.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import stormpy
from written_models import Formula, Guard, Letter, Reward, Written, holds, worth

__all__ = ["Storm", "formula_for_storm"]


class Storm:
    """One MDP, with one label per guard and one reward model per reward, in Storm."""

    def __init__(
        self, model: Written, guards: list[Guard], rewards: list[Reward], folder: Path
    ) -> None:
        self.model = model
        starts: list[Letter] = [(None, None, state) for state, _ in model.initial]
        steps: list[Letter] = [(s, a, t) for s, a, t, _ in model.steps()]
        self.letters = starts + steps
        self.place = {letter: number for number, letter in enumerate(self.letters)}
        self.path = folder / "letters.drn"
        self.path.write_text(self._drn(guards, rewards))
        self.exact = stormpy.build_model_from_drn[stormpy.Rational](str(self.path))
        self.floats = stormpy.build_model_from_drn[float](str(self.path))

    def _drn(self, guards: list[Guard], rewards: list[Reward]) -> str:
        model = self.model
        names = [f"r{number}" for number in range(len(rewards))]
        choices = sum(len(model.rows[letter[2]]) for letter in self.letters)
        lines = ["@type: MDP", "@parameters", "", "@reward_models", " ".join(names)]
        lines += ["@nr_states", str(len(self.letters) + 1), "@nr_choices", str(choices + 1)]
        lines.append("@model")
        idle = " [" + ", ".join("0" for _ in names) + "]" if names else ""
        for number, letter in enumerate(self.letters):
            labels = ["init"] if number < len(model.initial) else []
            labels += [f"g{k}" for k, guard in enumerate(guards) if holds(model, guard, letter)]
            lines.append(f"state {number}{idle} {' '.join(labels)}".rstrip())
            here = letter[2]
            for index, (action, outcomes) in enumerate(model.rows[here].items()):
                gains = [
                    sum((p * worth(model, r, (here, action, t)) for t, p in outcomes), Fraction(0))
                    for r in rewards
                ]
                paid = " [" + ", ".join(map(str, gains)) + "]" if names else ""
                lines.append(f"\taction {index}{paid}")
                targets = sorted((self.place[(here, action, t)], p) for t, p in outcomes)
                lines += [f"\t\t{target} : {chance}" for target, chance in targets]
        # A state that nothing leads to, so that every label stands somewhere; `never` only here.
        last = len(self.letters)
        labels = ["never", *(f"g{k}" for k in range(len(guards)))]
        lines += [f"state {last}{idle} {' '.join(labels)}", f"\taction 0{idle}"]
        lines.append(f"\t\t{last} : 1")
        return "\n".join(lines) + "\n"

    def value(self, question: str, *, exact: bool = True) -> Fraction:
        """The answer, averaged over the start states."""
        asked = stormpy.parse_property(question)
        result = stormpy.model_checking(self.exact if exact else self.floats, asked)
        chances = [chance for _, chance in self.model.initial]
        return sum(
            (chance * Fraction(str(result.get_value(n))) for n, chance in enumerate(chances)),
            Fraction(0),
        )

    def probability(self, side: str, path: str) -> Fraction | None:
        """``Pmax`` or ``Pmin`` of a path formula; None where Storm refuses every form of it.

        Storm 2.0 refuses some generalised conditions; an alternative that never holds, or the
        opposite question, makes it take another way.
        """
        other = "min" if side == "max" else "max"
        for sign, question in (
            (1, f"P{side}=? [{path}]"),
            (1, f'P{side}=? [({path}) | (G (F "never"))]'),
            (-1, f"P{other}=? [! ({path})]"),
            (-1, f'P{other}=? [(! ({path})) & (F (G (! "never")))]'),
        ):
            try:
                found = self.value(question)
            except RuntimeError as error:
                if "headers do not match" not in str(error):
                    raise
                continue
            return found if sign > 0 else 1 - found
        return None


def formula_for_storm(formula: Formula, guards: list[Guard]) -> str:
    """The formula with only ``! & | X F G U``, which Storm's parser knows; all bracketed."""
    match formula:
        case ("atom", guard):
            return f'"g{guards.index(guard)}"'
        case (operator, inner):
            return f"({operator} {formula_for_storm(inner, guards)})"
        case (operator, left, right):
            one, two = formula_for_storm(left, guards), formula_for_storm(right, guards)
            return _BINARY[operator].format(one, two)
    raise AssertionError(formula)


_BINARY = {
    "&": "({0} & {1})",
    "|": "({0} | {1})",
    "->": "((! {0}) | {1})",
    "<->": "(({0} & {1}) | ((! {0}) & (! {1})))",
    "xor": "(({0} & (! {1})) | ((! {0}) & {1}))",
    "U": "({0} U {1})",
    "W": "(({0} U {1}) | (G {0}))",
    "R": "(! ((! {0}) U (! {1})))",
    "M": "({1} U ({0} & {1}))",
}
