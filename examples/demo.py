"""What a reward can say, and every example task: its optimum, and what a learner makes of it.

First the wishes of what_a_reward_can_say.spec: the formalisms that can express each, with a proof
either way. Then, for each task, the objective is read and its formalism inferred, the optimum is
computed with a certified interval, a tabular learner trains on the compiled reward alone, and the
policy that it found is evaluated exactly.

    python examples/demo.py [NAME...]
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from learn import greedy_policy, learn

from specc.check import check_file
from specc.diagnostics import SpecError
from specc.evaluate.evaluation import evaluate
from specc.model.mdp import Mdp
from specc.objective.infer import infer
from specc.optimise import solve
from specc.resolve.file import Spec, load

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Task:
    """A spec of an example file; ``steps`` of training with episodes of ``length``."""

    name: str
    spec: str
    environment: str
    steps: int = 2_000_000
    length: int = 200


TASKS = (
    Task("frozen_lake", "cross", "FrozenLake 4x4"),
    Task("frozen_lake_8x8", "cross", "FrozenLake 8x8", steps=8_000_000, length=1000),
    Task("cliff", "walk", "CliffWalking"),
    Task("taxi", "ride", "Taxi", steps=12_000_000),
    Task("office", "deliver", "office grid"),
    Task("deliver_twice", "twice", "house grid"),
    Task("patrol", "rate", "ring of corridors", steps=4_000_000),
    Task("patrol", "both", "ring of corridors", steps=4_000_000, length=1000),
    Task("survey", "explore", "cave grid", steps=4_000_000),
    Task("gamble", "averse", "betting table"),
    Task("recycle", "cans_ever", "recycling robot", steps=4_000_000),
    Task("recycle", "cans_now", "recycling robot"),
    Task("die", "six", "coins and a die (DRN)"),
    Task("fair_lights", "fair", "crossing"),
    Task("fair_lights", "sum", "crossing"),
)


WISHES = "what_a_reward_can_say"
SHOWN = ("MR", "RM", "LTL", "LAR", "RRL", "ONMR", "FTR")
MARKS = {"expressible": "yes", "inexpressible": "no", "unknown": "?"}


def main(names: list[str]) -> int:
    """Print one row per wish and task; the status is 1 where an assertion is not proved, or a
    learned policy is far off or beats the optimum."""
    failures = _wishes() if not names or WISHES in names else 0
    print(f"{'task':<22}{'environment':<23}{'formalism':<11}{'optimum':<16}{'learned':<16}seconds")
    for task in TASKS:
        if names and task.name not in names:
            continue
        failures += _row(task)
    print()
    print("optimum: certified digits. learned: the exact value of the greedy policy that a tabular")
    print("learner found on the compiled reward.")
    return 1 if failures else 0


def _wishes() -> int:
    """Which formalisms can say each wish; the number of assertions that were not proved."""
    result = check_file(load(HERE / f"{WISHES}.spec"), against=SHOWN)
    print(f"{'can it be said in':<22}" + "".join(f"{symbol:<7}" for symbol in SHOWN))
    for found in result.specs:
        marks = (MARKS[found.verdicts[symbol].verdict] for symbol in SHOWN)
        print(f"{found.name:<22}" + "".join(f"{mark:<7}" for mark in marks), flush=True)
    proved = sum(assertion.holds is True for assertion in result.assertions)
    print(f"{proved} of {len(result.assertions)} assertions of the file are proved")
    print()
    return len(result.assertions) - proved


def _row(task: Task) -> bool:
    started = time.perf_counter()
    spec = load(HERE / f"{task.name}.spec")[task.spec]
    found = infer(spec.objective)
    optimum = solve(spec, precision=Fraction(1, 10**9))
    assert isinstance(spec.environment, Mdp)
    learned, wrong = _learned(task, spec, optimum.lower, optimum.upper)
    shown = "-" if optimum.lower is None else f"{float(optimum.lower):.6f}"
    seconds = time.perf_counter() - started
    name = f"{task.name} {task.spec}"
    print(
        f"{name:<22}{task.environment:<23}{found.formalism:<11}{shown:<16}{learned:<16}"
        f"{seconds:.1f}",
        flush=True,
    )
    return wrong


def _learned(
    task: Task, spec: Spec, lower: Fraction | None, upper: Fraction | None
) -> tuple[str, bool]:
    """The exact value of a trained policy, and whether something is wrong with it."""
    try:
        trained = learn(spec, steps=task.steps, length=task.length)
    except SpecError:
        return "(not per step)", False
    result = evaluate(spec, greedy_policy(trained))
    if result.lower is None or result.upper is None or lower is None or upper is None:
        return "-", False
    value = float(result.lower)
    beats = result.lower > upper
    far = float(lower) - value > 0.1 * max(1.0, abs(float(lower)))
    return f"{value:.6f}", beats or far


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
