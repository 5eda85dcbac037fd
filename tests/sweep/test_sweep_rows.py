"""Rows of sweeps, run in this process: what is planned, what rows hold, what is refused."""

from __future__ import annotations

import functools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sweep_trainers as trainers

import specc
from specc.diagnostics import SpecError
from specc.emit.schemes.choice import with_scheme
from specc.resolve.file import load_text
from specc.sweep import grid

here = functools.partial(specc.sweep, backend="here")


@pytest.fixture
def coin(tmp_path: Path) -> Path:
    path = tmp_path / "coin.spec"
    path.write_text(trainers.COIN, encoding="utf-8")
    return path


def code_of(error: pytest.ExceptionInfo[SpecError]) -> str:
    return error.value.diagnostics[0].code


def test_check_solve_train(coin: Path) -> None:
    work = ["check", ("solve", {"exact": True}), ("train", {"steps": 2000})]
    found = here(coin, seeds=range(2), work=work)
    assert found.counts == {"ok": 8}
    assert found.path is None
    by = {(row["spec"], row["work"], row["seed"]): row for row in found}
    assert by["soon", "check", None]["check.formalism"] == "MR"
    assert by["soon", "check", None]["check.verdicts.MR"] == "expressible"
    # One step to the goal, then it holds for ever: 1 + 1/2 + 1/4 + ...
    assert by["soon", "solve", None]["solve.exact"] == "2"
    for seed in range(2):
        row = by["soon", "train", seed]
        assert row["train.value"] == "2"
        assert row["train.optimum.lower"] <= 2 <= row["train.optimum.upper"]
        assert row["parameters.steps"] == row["train.steps"] == 2000
    table = found.table()
    assert set(map(len, table.values())) == {8}
    assert table["train.value"][0] is None


def test_a_user_function_gets_the_spec_and_its_seed(coin: Path) -> None:
    work = (trainers.draw, grid(scale=[1, 10]))
    first = here(f"{coin}:soon", seeds=[3, 4], work=[work])
    again = here(f"{coin}:soon", seeds=np.array([4, 3]), work=[work])
    rows = {row["key"]: row for row in first}
    assert len(rows) == 4
    for row in again:
        same = rows[row["key"]]
        assert {**row, "seconds": 0} == {**same, "seconds": 0}
    one, _, ten, _ = first
    assert ten["train.own"] == 10 * one["train.own"]
    assert one["train.spec"] == "soon"
    assert one["train.curve"] == [0, 1, 2]
    assert one["train.nested.bad"] is None
    assert one["work"] == "sweep_trainers:draw"
    by_name = here(f"{coin}:soon", seeds=[3, 4], work=("sweep_trainers:draw", {"scale": 1}))
    assert [row["key"] for row in by_name] == [row["key"] for row in first][:2]


def test_environments_by_name_pattern_text_and_settings(coin: Path, tmp_path: Path) -> None:
    named = here(f"{coin}:ever", environments=["coin", "trap"], work=("solve", {"exact": True}))
    assert [(r["environment"], r["solve.exact"]) for r in named] == [("coin", "1"), ("trap", "1")]
    assert [r["environment"] for r in here(f"{coin}:ever", "*", work="solve")] == ["coin", "trap"]
    other = "mdp { initial s\n s: go -> 1/3 t + 2/3 u\n t: go -> t\n u: go -> u\n label goal: t }"
    written = here(f"{coin}:ever", {"risky": other}, work=("solve", {"exact": True})).rows[0]
    assert (written["environment"], written["solve.exact"]) == ("risky", "1/3")
    lake = tmp_path / "lake.spec"
    lake.write_text(trainers.LAKE, encoding="utf-8")
    slippery = here(lake, grid(is_slippery=[False, True]), work=("solve", {"exact": True}))
    assert [(row["environment"], row["solve.exact"]) for row in slippery] == [
        ("lake(is_slippery=false)", "1"),
        ("lake(is_slippery=true)", "14/17"),
    ]


def test_a_spec_without_environment_is_given_one(tmp_path: Path) -> None:
    path = tmp_path / "free.spec"
    path.write_text("spec cross = P[F goal]", encoding="utf-8")
    (row,) = here(path, 'gym "FrozenLake-v1"', work=("solve", {"exact": True}))
    assert row["solve.exact"] == "14/17"
    assert row["environment"] == 'gym "FrozenLake-v1"'


def test_environments_that_do_not_fit_are_rows_or_refused(coin: Path) -> None:
    rows = here(f"{coin}:soon", [{"slip": 0.1}, "pond", "x*"], work="check").rows
    assert [row["codes"] for row in rows] == [["E952"], ["E211"], ["E952"]]
    for wrong in (
        3,
        [3],
        {"p": float("inf")},
        ["grid { nonsense"],
        [{"map_name": ["4x4"]}],
        "two words",
    ):
        with pytest.raises(SpecError) as error:
            here(coin, wrong, work="check")
        assert code_of(error) == "E952"


def test_bad_files_among_good_ones(coin: Path, tmp_path: Path) -> None:
    (tmp_path / "a_broken.spec").write_text(trainers.BROKEN, encoding="utf-8")
    (tmp_path / "b_binary.spec").write_bytes(b"spec \xff\xfe")
    (tmp_path / "d_empty.spec").write_text("# nothing\n", encoding="utf-8")
    (tmp_path / "e_torn.spec").write_text("spec x = P[", encoding="utf-8")
    found = here(str(tmp_path / "*.spec"), work="check")
    kinds = {(Path(r["file"]).stem, r["spec"]): (r["status"], r["codes"]) for r in found}
    assert kinds["a_broken", "lost"] == ("failed", ["E201"])
    assert kinds["a_broken", "fine"] == ("ok", [])
    assert kinds["b_binary", ""] == ("failed", ["E200"])
    assert kinds["coin", "soon"] == ("ok", [])
    assert kinds["d_empty", ""] == ("failed", ["E951"])
    torn = [value for (stem, _), value in kinds.items() if stem == "e_torn"]
    assert torn and all(s == "failed" and codes[0].startswith("E1") for s, codes in torn)
    assert len(found.failures) == 4


def test_duplicates_run_once(coin: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    work = [(trainers.count_calls, {"folder": str(calls)})] * 2
    found = here([coin, f"{coin}:soon", str(coin)], seeds=[1, 1, 2], work=work)
    assert len(found) == len(list(calls.iterdir())) == 4


def test_what_is_no_task(tmp_path: Path, coin: Path) -> None:
    assert len(here([])) == len(here(coin, seeds=[], work="train")) == len(here(coin, [])) == 0
    assert here(coin, work=[]).counts == {}
    for wrong in (
        "nowhere.spec",
        f"{tmp_path}/*.none",
        str(tmp_path),
        f"{coin}:typo",
        [7],
        7,
    ):
        with pytest.raises(SpecError) as error:
            here(wrong)
        assert code_of(error) == "E951"


def test_loaded_specs_travel_as_text(coin: Path) -> None:
    file = specc.load(coin)
    whole = here(file, work="solve")
    assert [row["spec"] for row in whole] == ["soon", "ever"]
    (row,) = here(file["soon"], work="solve")
    assert row["key"] == whole.rows[0]["key"]
    plain, chosen = (
        here(spec, work="check").rows[0]
        for spec in (file["ever"], with_scheme(file["ever"], "gadget", "0.9"))
    )
    assert plain["key"] != chosen["key"]
    assert "zeta = 9/10" in chosen["check.training.scheme"]
    assert "zeta" not in plain["check.training.scheme"]
    from dataclasses import replace

    with pytest.raises(SpecError) as error:
        here(replace(file["soon"], objective=file["ever"].objective))
    assert code_of(error) == "E951"


def test_the_key_follows_all_that_matters(tmp_path: Path) -> None:
    model = tmp_path / "die.json"
    spec = tmp_path / "die.spec"

    def key(text: str = "spec x = P[F a]", **options: object) -> str:
        spec.write_text(f'machine m = hoa "{model.name}"\n{text}', encoding="utf-8")
        (row,) = here(spec, **{"work": "check", **options})
        return str(row["key"])

    model.write_text("one", encoding="utf-8")
    keys = {
        key(),
        key("spec x = P[F b]"),
        key("spec y = P[F a]"),
        key(work=("check", {"budget": 1})),
        key(work="solve"),
        key(work="train", seeds=[0]),
        key(work="train", seeds=[1]),
    }
    model.write_text("two", encoding="utf-8")
    keys.add(key())
    assert len(keys) == 8
    spec = tmp_path / "moved.spec"
    assert key() in keys


@pytest.mark.parametrize(
    "work",
    [
        lambda spec, seed: {},
        functools.partial(trainers.draw, scale=2),
        [].append,
        "chek",
        "no_such_module:train",
        "sweep_trainers:nothing",
        "sweep_trainers:COIN",
        ("solve", {"precisoin": 1}),
        ("solve", {"exact": 1}),
        ("solve", {"precision": "0"}),
        ("check", {"against": ["XX"]}),
        ("train", {"steps": 0}),
        (trainers.draw, {"size": 1}),
        (trainers.draw, {"scale": {1}}),
        (trainers.draw, {"scale": float("nan")}),
        (trainers.sleep, {}),
        7,
    ],
)
def test_work_that_workers_cannot_do(work: object, coin: Path) -> None:
    with pytest.raises(SpecError) as error:
        here(coin, work=[work])
    assert code_of(error) == "E953"
    assert error.value.diagnostics[0].help


def test_a_function_inside_a_function_cannot_be_named(coin: Path) -> None:
    def inner(spec: object, seed: int) -> dict[str, object]:
        return {}

    with pytest.raises(SpecError, match=r"E953.*inner"):
        here(coin, work=[inner])


@pytest.mark.parametrize(
    "options",
    [
        {"workers": 0},
        {"workers": 1.5},
        {"retries": -1},
        {"timeout": 1},
        {"memory": 10**9},
        {"backend": "processes", "timeout": 0},
        {"backend": "processes", "timeout": float("nan")},
        {"backend": "processes", "memory": True},
        {"backend": "threads"},
        {"seeds": [0.5]},
        {"seeds": 5},
    ],
    ids=str,
)
def test_settings_that_do_not_fit(options: dict, coin: Path) -> None:
    with pytest.raises(SpecError) as error:
        specc.sweep(coin, work="train", **{"backend": "here", **options})
    assert code_of(error) == "E955"


def test_answers_that_are_no_rows(coin: Path) -> None:
    found = here(f"{coin}:soon", seeds=range(4), work=trainers.answer_set)
    assert [row["codes"] for row in found] == [["E957"]] * 3 + [[]]
    assert found.rows[3]["train.fine"] == "yes"


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_texts_that_no_file_can_hold(coin: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"rows.{ending}"
    found = here(f"{coin}:soon", seeds=range(4), work=trainers.odd_text, out=out)
    assert [row["codes"] for row in found] == [[], ["E956"], ["E956"], ["E957"]]
    assert found.rows[0]["train.\\udcff"] == "\\udcff"
    assert found.rows[0]["train.inner"] == [{"\\udcff": 1}]
    assert "ValueError: \\udcff" in found.rows[1]["message"]
    assert "_Silent" in found.rows[2]["message"]
    assert out.exists()


def test_work_that_is_none(coin: Path) -> None:
    with pytest.raises(SpecError, match="E953: 3 is no work"):
        specc.sweep(coin, work=3, backend="here")  # type: ignore[arg-type]


def test_no_solver_is_a_warning() -> None:
    file = load_text(trainers.COIN + "spec two in coin = E[average([goal])] * P[F goal]\n")
    (row,) = here(file["two"], work="solve")
    assert (row["status"], row["codes"]) == ("ok", ["W709"])
    assert "W709" in row["message"]
    assert row["solve.lower"] is None
    assert row["solve.method"] == "none"


def test_grid() -> None:
    assert grid() == ({},)
    assert len(grid(a=[1, 2], b=(Fraction(1, 2), 3, 4))) == 6
    with pytest.raises(TypeError, match="map_name"):
        grid(map_name="4x4")
