"""Time specc against Storm on the same grids and questions, and print the ratios specc / Storm.

    python benchmarks/solve_against_storm.py [--sides 32,100] [--limit 60] [--alone]

Needs the extra ``storm``. Each grid has end components that recur. The questions are reachability,
a recurring LTL formula (marks on the grid itself), the same with a counter of visits as a product,
and a discounted sum. Storm runs in its sound mode and in its default mode, each question within
``--limit`` seconds, in a process of its own; reading the model is not counted on either side.
``--alone`` leaves Storm out, for large sides. The first run of a kernel includes its loading, so
every question of specc is timed the second time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "solve"))

from specc.automata.automaton import Combination, Inf
from specc.model.graph import Model
from specc.model.mdp import ExactArray, Mdp
from specc.product import Component, product
from specc.solve.acceptance import satisfy
from specc.solve.discounted import discounted
from specc.solve.reachability import reach
from specc.solve.solution import Solution

_DISCOUNT = Fraction(99, 100)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One question: in Storm's words, and how specc answers it."""

    name: str
    question: str
    solve: Callable[[], Solution]


def grid(side: int) -> Model:
    """Slippery moves; traps on the diagonal, so that the answer is not 1; firm ground in one
    corner, where runs can recur for ever."""
    cell = np.arange(side * side)
    y, x = np.divmod(cell, side)
    left, right = y * side + np.maximum(x - 1, 0), y * side + np.minimum(x + 1, side - 1)
    up, down = np.maximum(y - 1, 0) * side + x, np.minimum(y + 1, side - 1) * side + x
    near = np.stack([left, right, up, down], axis=1)
    trap = (x == y) & (x % 5 == 3)
    firm = (y > x + side // 2) & ~trap
    counts = np.where(trap, 1, 4)
    choice_starts = np.concatenate(([0], np.cumsum(counts)))
    source = np.repeat(cell, counts)
    aim = np.arange(choice_starts[-1]) - choice_starts[source]
    sure = trap[source] | firm[source]
    widths = np.where(sure, 1, 4)
    starts = np.concatenate(([0], np.cumsum(widths)))
    of = np.repeat(np.arange(len(source)), widths)
    way = np.where(sure[of], aim[of], np.arange(starts[-1]) - starts[of])
    successors = np.where(trap[source[of]], source[of], near[source[of], way])
    index = np.where(sure[of], 0, np.where(way == aim[of], 1, 2))
    table = (Fraction(1), Fraction(7, 10), Fraction(1, 10))
    return Model(choice_starts, starts, successors, ExactArray(table, index), ((0, Fraction(1)),))


def transition_sources(model: Model) -> NDArray[np.int64]:
    """The state left by every transition."""
    states = np.repeat(np.arange(model.state_count), np.diff(model.choice_starts))
    return np.repeat(states, np.diff(model.transition_starts))


def visits_of(model: Model, a: int, b: int) -> Solution:
    """GF a and GF b through the product with a memory that waits for one after the other."""
    n = model.state_count
    names = tuple(map(str, range(n)))
    starts = model.choice_starts
    offsets = np.arange(model.choice_count) - np.repeat(starts[:-1], np.diff(starts))
    actions = tuple(map(str, offsets.tolist()))
    mdp = Mdp(
        "grid", names, actions, starts, model.transition_starts, model.successors,
        model.probabilities, model.initial, {},
    )  # fmt: skip
    classes = (model.successors == a) + 2 * (model.successors == b)
    after = np.array([[0, 1, 0, 1], [1, 1, 0, 0]])
    marks = np.array([[0, 0, 0, 0], [0, 0, 1, 1]])
    component = Component(np.zeros(n, dtype=np.int64), classes, after, marks)
    found = product(mdp, [component])
    return satisfy(found.model, np.ascontiguousarray(found.output[:, 0]), Inf(0)).solution


def cases(model: Model, side: int) -> tuple[list[Case], dict[str, set[int]], ExactArray]:
    """The questions, the labels they speak of, and the rewards."""
    n = model.state_count
    a, b, goal = n - side, n - side + 1, n - 1
    source = transition_sources(model)
    marks = (source == a) + 2 * (source == b).astype(np.int64)
    both = Combination("and", (Inf(0), Inf(1)))
    target = np.arange(n) == goal
    rewards = ExactArray((Fraction(0), Fraction(1)), (model.successors == goal).astype(np.int64))
    recur = 'Pmax=? [((G F "a") & (G F "b")) | (G F "never")]'
    found = [
        Case("reach", 'Pmax=? [F "goal"]', lambda: reach(model, target)),
        Case("recur", recur, lambda: satisfy(model, marks, both).solution),
        Case("recur, product", recur, lambda: visits_of(model, a, b)),
        Case(
            "discounted",
            f'R{{"r"}}max=? [Cdiscount={_DISCOUNT}]',
            lambda: discounted(model, rewards, _DISCOUNT),
        ),
    ]
    return found, {"a": {a}, "b": {b}, "goal": {goal}}, rewards


def _storm(text: str, question: str, sound: bool, answer: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    import stormpy
    import stormpy.environments

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grid.drn"
        path.write_text(text)
        model = stormpy.build_model_from_drn[float](str(path))
        parsed = stormpy.parse_property(question)
        start = time.perf_counter()
        # stormpy itself asks for the sound mode; a bare environment is Storm's own default.
        environments = stormpy.environments
        environment = environments.sound() if sound else environments.Environment()
        result = stormpy.model_checking(model, parsed, environment=environment)
        answer.put((time.perf_counter() - start, result.get_value(0)))


def ask(text: str, case: Case, sound: bool, limit: float, ours: float) -> None:
    """Print Storm's time and answer, and the ratio."""
    answer: multiprocessing.Queue = multiprocessing.Queue()  # type: ignore[type-arg]
    worker = multiprocessing.Process(target=_storm, args=(text, case.question, sound, answer))
    worker.start()
    mode = "sound" if sound else "default"
    worker.join(limit)
    late = worker.is_alive()
    if late:
        worker.terminate()
        worker.join()
    if late or answer.empty():
        print(f"    Storm {mode}: nothing in {limit:g} s, ratio below {ours / limit:.4f}")
        return
    theirs, value = answer.get()
    print(f"    Storm {mode}: {theirs:.3f} s, {value!r}; specc / Storm {ours / theirs:.3f}")


def main() -> None:
    """Print one line per grid, question and tool."""
    parser = argparse.ArgumentParser(description="Time specc against Storm on grids.")
    parser.add_argument("--sides", default="32,100")
    parser.add_argument("--limit", type=float, default=60.0)
    parser.add_argument("--alone", action="store_true")
    wanted = parser.parse_args()
    for side in map(int, wanted.sides.split(",")):
        model = grid(side)
        found, labels, rewards = cases(model, side)
        print(f"{model.state_count:,} states, {model.transition_count:,} transitions")
        text = ""
        if not wanted.alone:
            from storm_models import drn_text

            text = drn_text(model, labels, rewards)
        for case in found:
            case.solve()
            start = time.perf_counter()
            answer = case.solve()
            ours = time.perf_counter() - start
            print(
                f"  {case.name}: specc {ours:.3f} s, [{float(answer.lower)!r}, "
                f"{float(answer.upper)!r}], {answer.promise}",
                flush=True,
            )
            if text:
                ask(text, case, True, wanted.limit, ours)
                ask(text, case, False, wanted.limit, ours)


if __name__ == "__main__":
    main()
