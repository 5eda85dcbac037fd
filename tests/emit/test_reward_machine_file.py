"""The file that `--target rm` writes, read as the program of the format's repository reads it: one
formula and one reward per pair of states, all terminal states one, no match terminal."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from specc.emit.kernel import control
from specc.emit.reward_machine import reward_machine_text
from specc.resolve.file import Spec, load, load_text

MACHINES = {
    "plain": "states u v\n u -> v when a emit 1\n v -> done when b emit 2\n final done",
    "fails": "states u v\n u -> v when a & !c emit 1/4\n v -> done when b emit 1\n"
    " * -> dead when c emit -1\n final done dead",
    "twice": "states u v\n u -> v when a & b emit 3\n u -> v when a emit 1\n v -> u when c emit 2",
    "loop": "states u\n u -> u when a emit 1\n u -> u when b emit -0.5\n u -> done when c emit 1\n"
    " final done",
    "ends": "states u v\n u -> done when a & b emit 2\n u -> done when a emit 1\n"
    " u -> v when b\n v -> dead when c emit -1\n final done dead",
}
TEXTS = {
    **{name: f"machine m {{ {body} }}\nspec s = E[discounted(m, 0.9)]\n"
       for name, body in MACHINES.items()},
    "signal": "spec s = E[discounted(2*[a & !b] - [b | c], 0.9)]\n",
    "formula": "spec s = P[X (!c U b)]\n",
}  # fmt: skip


class Original:
    def __init__(self, text: str) -> None:
        lines = [line.split("#")[0].strip() for line in text.splitlines()]
        self.state: int | None = int(lines[0])
        ends = set(map(int, re.findall(r"\d+", lines[1])))
        self.formula: dict[int, dict[int | None, str]] = {}
        self.reward: dict[int, dict[int | None, float]] = {}
        for line in filter(None, lines[2:]):
            found = re.fullmatch(r"\((\d+),(\d+),'(.*)',ConstantRewardFunction\((.*)\)\)", line)
            assert found, line
            u, v = int(found[1]), int(found[2])
            if u not in ends:
                after = None if v in ends else v
                self.formula.setdefault(u, {})[after] = found[3]
                self.reward.setdefault(u, {})[after] = float(found[4])

    def step(self, labels: set[str]) -> float:
        assert self.state is not None
        held, row = self.state, self.formula[self.state]
        self.state = next((v for v in row if _holds(row[v], labels)), None)
        return self.reward[held].get(self.state, 0.0)


def _holds(formula: str, labels: set[str]) -> bool:
    def literal(text: str) -> bool:
        return text == "True" or (text[1:] not in labels if text[0] == "!" else text in labels)

    return any(all(map(literal, way.split("&"))) for way in formula.split("|"))


@pytest.mark.parametrize("name", TEXTS)
def test_both_readers_pay_what_the_spec_pays(name: str, tmp_path: Path) -> None:
    file = load_text(TEXTS[name])
    assert not file.has_errors, file.diagnostics
    text = reward_machine_text(file["s"])
    (tmp_path / "m.txt").write_text(text)
    (tmp_path / "m.spec").write_text('machine m = rm "m.txt"\nspec s = E[discounted(m, 0.9)]\n')
    again = load(tmp_path / "m.spec")
    assert not again.has_errors, again.diagnostics
    rng = random.Random(0)
    for _ in range(40):
        letters = [{p for p in "abc" if rng.random() < 0.4} for _ in range(12)]
        expected = _paid(file["s"], letters)
        assert _paid(again["s"], letters) == expected
        original, total = Original(text), []
        for labels in letters:
            total.append(0.0 if original.state is None else original.step(labels))
        assert total == expected


def _paid(spec: Spec, letters: list[set[str]]) -> list[float]:
    controller, _ = control(spec)
    held, paid = controller.first[0], []
    for labels in letters:
        bits = sum(1 << i for i, g in enumerate(controller.guards) if g.name in labels)
        letter = controller.classes.classify(bits)
        paid.append(float(controller.values[controller.reward[held][letter]]))
        held = controller.next[held][letter]
    return paid
