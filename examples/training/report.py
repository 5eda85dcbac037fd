"""What the training examples share: runs over seeds, intervals, a table, a learning curve.

An example says what it trains as a :class:`Study` and ends in ``main(STUDY)``, which understands

    python examples/training/NAME.py [--quick] [--seeds N] [--out FOLDER]

``--quick`` trains for seconds, to see that it runs. ``--out`` writes ``FOLDER/NAME.jsonl``, one
line for each learner and seed, and the curve ``FOLDER/NAME.svg``; the same seeds give the same
files.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

__all__ = ["Curve", "Reached", "Study", "interval", "main", "reached", "run"]

Point = tuple[int, float]
Train = Callable[[int, bool], Iterable[Point]]
"""``train(seed, quick)`` trains and yields (steps so far, value of the policy now)."""

_COLOURS = ("#1f6feb", "#c4520a", "#1a7f37", "#8250df", "#57606a")


@dataclass(frozen=True, slots=True)
class Study:
    """What is trained and how it is judged; higher values are better.

    ``value`` names the values (the axis), ``best`` is the exact optimum or the best known score,
    ``best_name`` says which; ``lines`` are further scores to draw, by name.
    """

    name: str
    title: str
    value: str
    learners: Mapping[str, Train]
    best: float | None = None
    best_name: str = "exact optimum"
    seeds: int = 5
    lines: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """One seed of one learner: the value of its policy after so many steps."""

    learner: str
    seed: int
    steps: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """The mean of the last values over seeds, and its 95 % interval (Student's t)."""

    learner: str
    mean: float
    low: float
    high: float
    seeds: int


def run(
    study: Study,
    seeds: int | None = None,
    quick: bool = False,
    done: Callable[[Curve], None] = lambda curve: None,
) -> list[Curve]:
    """Train every learner on seeds 0, 1, ..; prints what each reached as it comes, and hands it to
    ``done``."""
    curves = []
    for learner, train in study.learners.items():
        for seed in range(study.seeds if seeds is None else seeds):
            points = list(train(seed, quick))
            if not points or not all(math.isfinite(value) for _, value in points):
                raise ValueError(f"{learner} with seed {seed} yields no finite values: {points}")
            steps, values = zip(*points, strict=True)
            curves.append(Curve(learner, seed, steps, tuple(map(float, values))))
            done(curves[-1])
            print(f"  {learner}, seed {seed}: {values[-1]:.4f}", flush=True)
    return curves


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean, and the ends of its 95 % interval by Student's t; one value says nothing of the spread.

    >>> tuple(round(end, 3) for end in interval([1.0, 2.0, 3.0]))
    (2.0, -0.484, 4.484)
    """
    count, mean = len(values), float(np.mean(values))
    if count < 2:
        return mean, -math.inf, math.inf
    half = float(stats.t.ppf(0.975, count - 1) * np.std(values, ddof=1) / math.sqrt(count))
    return mean, mean - half, mean + half


def reached(curves: Sequence[Curve]) -> list[Reached]:
    """What each learner reached in the end."""
    found = []
    for learner in dict.fromkeys(curve.learner for curve in curves):
        last = [curve.values[-1] for curve in curves if curve.learner == learner]
        found.append(Reached(learner, *interval(last), len(last)))
    return found


def table(study: Study, rows: Sequence[Reached]) -> str:
    """The rows as Markdown; the gap is how far the mean is below the best, in percent of it."""
    lines = [
        f"| learner | {study.value}, mean of seeds | 95 % interval | {study.best_name} | gap |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        ends = f"{row.low:.4f} .. {row.high:.4f}" if row.seeds > 1 else "one seed"
        best, gap = "", ""
        if study.best is not None:
            best = f"{study.best:.4f}"
            gap = f"{100 * (study.best - row.mean) / abs(study.best):.2f} %"
        lines.append(f"| {row.learner} | {row.mean:.4f} | {ends} | {best} | {gap} |")
    return "\n".join(lines)


def main(study: Study, arguments: Sequence[str] | None = None) -> list[Reached]:
    """Run the study as the command line asks; prints the table and writes the files."""
    parser = argparse.ArgumentParser(description=study.title)
    parser.add_argument("--quick", action="store_true", help="train for seconds, on two seeds")
    parser.add_argument("--seeds", type=int, default=None, help="how many seeds")
    parser.add_argument("--out", type=Path, default=None, help="folder for results and the curve")
    asked = parser.parse_args(arguments)
    seeds = asked.seeds or (2 if asked.quick else study.seeds)
    print(f"{study.title}: {len(study.learners)} learner(s), {seeds} seed(s)")
    if asked.out is None:
        curves = run(study, seeds, asked.quick)
    else:
        asked.out.mkdir(parents=True, exist_ok=True)
        # Written as they come: a long run that is stopped leaves what it has.
        with (asked.out / f"{study.name}.jsonl").open("w", encoding="utf-8") as file:
            curves = run(
                study,
                seeds,
                asked.quick,
                lambda curve: print(json.dumps(_line(study, curve)), file=file, flush=True),
            )
        draw(study, curves, asked.out / f"{study.name}.svg")
    rows = reached(curves)
    print(table(study, rows))
    return rows


def _line(study: Study, curve: Curve) -> dict[str, Any]:
    return {
        "study": study.name,
        "learner": curve.learner,
        "seed": curve.seed,
        "steps": curve.steps,
        "values": curve.values,
        "best": study.best,
    }


def draw(study: Study, curves: Sequence[Curve], path: Path) -> None:
    """The learning curves: a line and a band (mean, 95 % interval) for each learner, every seed
    thin behind them, the best dashed. An SVG without dates, small; a PNG if the path ends so."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    style = {
        "svg.hashsalt": study.name,
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
        "path.simplify": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with pyplot.rc_context(style):
        figure, axes = pyplot.subplots(figsize=(6.4, 3.2), layout="constrained")
        for learner, colour in zip(study.learners, _COLOURS, strict=False):
            _curve(axes, [c for c in curves if c.learner == learner], colour)
        for name, score in (study.lines or {}).items():
            axes.axhline(score, color="#57606a", linestyle=":", linewidth=1, label=name)
        if study.best is not None:
            axes.axhline(
                study.best, color="#24292f", linestyle="--", linewidth=1, label=study.best_name
            )
        axes.set_title(study.title, fontsize=11, loc="left")
        axes.set_xlabel("steps in the environment")
        axes.set_ylabel(study.value)
        millions = max(curve.steps[-1] for curve in curves) >= 1_000_000
        axes.xaxis.set_major_formatter(
            lambda steps, _: f"{steps / 1e6:g} M" if millions else f"{int(steps):,}"
        )
        axes.grid(axis="y", color="#d0d7de", linewidth=0.5)
        axes.legend(frameon=False, fontsize=9, loc="best")
        kind = {"metadata": {"Date": None, "Creator": None}} if path.suffix == ".svg" else {}
        figure.savefig(path, dpi=120, facecolor="white", **kind)
        pyplot.close(figure)


def _curve(axes: Any, curves: Sequence[Curve], colour: str) -> None:
    """One learner; seeds that were looked at elsewhere are read between their points."""
    steps = np.array(curves[0].steps)
    rows = np.array([np.interp(steps, curve.steps, curve.values) for curve in curves])
    for row in rows:
        axes.plot(steps, row, color=colour, linewidth=0.5, alpha=0.35)
    if len(rows) > 1:
        ends = np.array([interval(column.tolist())[1:] for column in rows.T])
        low, high = np.clip(
            ends.T, rows.min() - 0.1 * np.ptp(rows), rows.max() + 0.1 * np.ptp(rows)
        )
        axes.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.plot(steps, rows.mean(axis=0), color=colour, linewidth=1.8, label=curves[0].learner)
