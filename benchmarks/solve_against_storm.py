"""Time specc and Storm's sound mode on the same grids: python benchmarks/solve_against_storm.py"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "solve"))
from random_models import Rows, model_of
from storm_models import drn_text

from specc.automata.automaton import Combination, Inf
from specc.solve.acceptance import satisfy

_LIMIT_SECONDS = 60
_QUESTION = 'Pmax=? [((G F "a") & (G F "b")) | (G F "never")]'


def grid(side: int) -> Rows:
    """Slippery moves; a trap on the diagonal, so that the answer is not 1."""
    rows: Rows = []
    for cell in range(side * side):
        y, x = divmod(cell, side)
        if x == y and x % 5 == 3:
            rows.append([[(cell, Fraction(1))]])
            continue
        near = [(y, max(x - 1, 0)), (y, min(x + 1, side - 1))]
        near += [(max(y - 1, 0), x), (min(y + 1, side - 1), x)]
        places = [r * side + c for r, c in near]
        row = []
        for aim in range(4):
            mass: dict[int, Fraction] = {}
            for k, place in enumerate(places):
                p = Fraction(7, 10) if k == aim else Fraction(1, 10)
                if y > x + side // 2:  # firm ground, where runs can recur for ever
                    p = Fraction(int(k == aim))
                if not p:
                    continue
                mass[place] = mass.get(place, Fraction(0)) + p
            row.append(list(mass.items()))
        rows.append(row)
    return rows


def _storm(text: str, answer: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    import stormpy
    import stormpy.environments

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grid.drn"
        path.write_text(text)
        model = stormpy.build_model_from_drn[float](str(path))
        environment = stormpy.environments.sound()
        question = stormpy.parse_property(_QUESTION)
        start = time.perf_counter()
        result = stormpy.model_checking(model, question, environment=environment)
        answer.put((time.perf_counter() - start, result.get_value(0)))


def main() -> None:
    """Print one line per grid."""
    for side in (32, 100):
        model = model_of(grid(side))
        a, b = {side * side - side}, {side * side - side + 1}
        states = np.repeat(np.arange(model.state_count), np.diff(model.choice_starts))
        source = np.repeat(states, np.diff(model.transition_starts))
        marks = np.isin(source, list(a)) + 2 * np.isin(source, list(b)).astype(np.int64)
        start = time.perf_counter()
        found = satisfy(model, marks, Combination("and", (Inf(0), Inf(1)))).solution
        ours = time.perf_counter() - start
        print(
            f"{side * side} states: specc {ours:.3f} s, [{float(found.lower)!r}, "
            f"{float(found.upper)!r}]"
        )
        answer: multiprocessing.Queue = multiprocessing.Queue()  # type: ignore[type-arg]
        worker = multiprocessing.Process(
            target=_storm, args=(drn_text(model, {"a": a, "b": b}), answer)
        )
        worker.start()
        worker.join(_LIMIT_SECONDS)
        if worker.is_alive() or answer.empty():
            worker.terminate()
            print(f"  Storm sound: nothing in {_LIMIT_SECONDS} s")
        else:
            theirs, value = answer.get()
            print(f"  Storm sound {theirs:.3f} s, {value!r}; ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
