"""What the training examples share: intervals, tables, files."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "training"))
from report import Curve, Study, interval, main, reached, table


def climb(seed: int, quick: bool) -> list[tuple[int, float]]:
    return [(step, seed + step / 10) for step in range(0, 5 if quick else 11, 2)]


STUDY = Study("climb", "Climbing", "height", {"climber": climb}, best=4.0, seeds=3)


def test_interval_is_students() -> None:
    # Five values, t = 2.776445 with four degrees of freedom, standard error sqrt(2.5 / 5).
    mean, low, high = interval([1, 2, 3, 4, 5])
    assert mean == 3
    assert high - mean == pytest.approx(2.776445 * math.sqrt(0.5))
    assert mean - low == pytest.approx(high - mean)
    assert interval([7.0]) == (7.0, -math.inf, math.inf)


def test_row_and_gap() -> None:
    rows = reached([Curve("a", seed, (1, 2), (0.0, value)) for seed, value in enumerate((1, 3))])
    assert (rows[0].mean, rows[0].seeds) == (2.0, 2)
    assert "| a | 2.0000 | -10.7062 .. 14.7062 | 4.0000 | 50.00 % |" in table(STUDY, rows)


def test_files_are_the_same_again(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        rows = main(STUDY, ["--out", str(folder)])
        assert [(row.mean, row.seeds) for row in rows] == [(2.0, 3)]
    picture = (folders[0] / "climb.svg").read_text(encoding="utf-8")
    assert picture == (folders[1] / "climb.svg").read_text(encoding="utf-8")
    assert "<dc:date>" not in picture and str(tmp_path) not in picture
    lines = (folders[0] / "climb.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["seed"] for line in lines] == [0, 1, 2]
    assert json.loads(lines[2])["values"] == [2.0, 2.2, 2.4, 2.6, 2.8, 3.0]


def test_quick_takes_two_seeds() -> None:
    assert [row.seeds for row in main(STUDY, ["--quick"])] == [2]


def test_values_that_are_none() -> None:
    broken = Study("b", "Broken", "v", {"x": lambda seed, quick: [(0, math.nan)]})
    with pytest.raises(ValueError, match="x with seed 0 yields no finite values"):
        main(broken, [])
