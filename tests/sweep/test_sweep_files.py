"""The file of rows: resumed, torn, foreign, locked, unwritable; and Parquet."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
import sweep_trainers as trainers

import specc
from specc.diagnostics import MissingExtra, SpecError

here = functools.partial(specc.sweep, backend="here")


@pytest.fixture
def coin(tmp_path: Path) -> str:
    path = tmp_path / "coin.spec"
    path.write_text(trainers.COIN, encoding="utf-8")
    return f"{path}:soon"


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    folder = tmp_path / "calls"
    folder.mkdir()
    return folder


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_second_sweep_does_what_is_missing(coin: str, calls: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "rows.jsonl"
    work = (trainers.count_calls, {"folder": str(calls)})
    first = here(coin, seeds=range(2), work=work, out=out)
    assert (first.resumed, first.path) == (0, out)
    second = here(coin, seeds=range(3), work=work, out=str(out))
    assert second.resumed == 2
    assert second.rows[:2] == first.rows
    assert [row["key"] for row in lines_of(out)] == [row["key"] for row in second]
    assert len(list(calls.iterdir())) == 3
    anew = here(coin, seeds=range(1), work=work, out=out, resume=False)
    assert anew.resumed == 0
    assert len(lines_of(out)) == 1


def test_failed_tasks_run_again_when_asked(coin: str, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    sweep = functools.partial(here, coin, seeds=range(4), work=trainers.fail_on_odd, out=out)
    assert sweep().counts == {"ok": 2, "failed": 2}
    assert sweep().resumed == 4
    again = sweep(retry_failed=True)
    assert again.resumed == 2
    assert again.counts == {"ok": 2, "failed": 2}
    assert len(lines_of(out)) == 6
    assert sweep().resumed == 4
    message = again.failures[0]["message"]
    assert message.startswith("E956: ZeroDivisionError: seed 1 is odd\n")
    assert "sweep_trainers.py" in message
    assert "perform.py" not in message


def test_a_torn_line_is_dropped_and_its_task_runs_again(coin: str, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    sweep = functools.partial(here, coin, seeds=range(3), work=trainers.draw, out=out)
    whole = sweep()
    data = out.read_bytes()
    last = data.rstrip(b"\n").rindex(b"\n") + 1
    for cut in (last + 1, last + 30, len(data) - 1):
        out.write_bytes(data[:cut])
        found = sweep()
        assert found.resumed == 2
        assert [{**r, "seconds": 0} for r in found] == [{**r, "seconds": 0} for r in whole]
        assert len(lines_of(out)) == 3


@pytest.mark.parametrize("text", ["notes", "notes\n", '{"step": 1}\n', "[1]\n[2]", "\n\n"])
def test_foreign_files_are_left_alone(text: str, coin: str, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    out.write_text(text, encoding="utf-8")
    for resume in (True, False):
        with pytest.raises(SpecError, match=r"E954"):
            here(coin, seeds=[0], work=trainers.draw, out=out, resume=resume)
    assert out.read_text(encoding="utf-8") == text


def test_unwritable_places_are_found_before_any_work(
    coin: str, calls: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "folder.parquet").mkdir()
    work = (trainers.count_calls, {"folder": str(calls)})
    for name in (
        "file/rows.jsonl",
        "file/rows.parquet",
        "folder.jsonl",
        "folder.parquet",
        "rows.csv",
        "rows",
    ):
        with pytest.raises(SpecError, match=r"E954"):
            here(coin, seeds=[0], work=work, out=tmp_path / name)
    assert list(calls.iterdir()) == []


def test_one_sweep_at_a_time_writes_to_a_file(coin: str, tmp_path: Path) -> None:
    from specc.sweep.journal import Journal

    out = tmp_path / "rows.jsonl"
    with Journal(out, resume=True), pytest.raises(SpecError, match=r"E954.*another sweep"):
        here(coin, work="solve", out=out)
    assert len(here(coin, work="solve", out=out)) == 1


def test_an_interrupt_keeps_what_is_there(coin: str, tmp_path: Path) -> None:
    out = tmp_path / "rows.parquet"
    work = (trainers.interrupt, {"at": 1})
    with pytest.raises(KeyboardInterrupt):
        here(coin, seeds=range(3), work=work, out=out)
    assert pyarrow.parquet.read_table(out)["status"].to_pylist().count("ok") == 1
    statuses = [row["status"] for row in lines_of(tmp_path / "rows.parquet.jsonl")]
    assert statuses == ["ok", "cancelled"]
    # It is not done: it runs again.
    assert here(coin, seeds=[0, 2], work=work, out=out).resumed == 1
    with pytest.raises(KeyboardInterrupt):
        here(coin, seeds=range(3), work=work, out=out)


def test_parquet_is_the_rows(coin: str, tmp_path: Path) -> None:
    out = tmp_path / "rows.parquet"
    work = [("solve", {"exact": True}), trainers.draw, trainers.fail_on_odd]
    found = here(coin, seeds=range(2), work=work, out=out)
    table = pyarrow.parquet.read_table(out)
    assert table.num_rows == len(found) == 5
    text, number, whole = pyarrow.string(), pyarrow.float64(), pyarrow.int64()
    expected = {
        "key": text,
        "seed": whole,
        "codes": pyarrow.list_(text),
        "seconds": number,
        "attempts": whole,
        "solve.exact": text,
        "solve.lower": number,
        "solve.states": whole,
        "parameters.exact": pyarrow.bool_(),
        "train.own": number,
        "train.count": number,
        "train.curve": text,
        "train.nested.bad": text,
        "train.nested.good": pyarrow.bool_(),
    }
    assert {name: table.schema.field(name).type for name in expected} == expected
    rows = {row["key"]: row for row in table.to_pylist()}
    for row in found:
        read = rows[row["key"]]
        plain = {name: v for name, v in row.items() if name == "codes" or not isinstance(v, list)}
        assert {name: read[name] for name in plain} == plain
    assert rows[found.rows[1]["key"]]["train.curve"] == "[0.0, 1.0, 2.0]"
    assert pyarrow.table(found.table()).num_rows == 5


def test_parquet_goes_on_from_its_lines(coin: str, tmp_path: Path) -> None:
    out = tmp_path / "rows.parquet"
    here(coin, seeds=range(2), work=trainers.fail_on_odd, out=out)
    more = here(coin, seeds=range(3), work=trainers.fail_on_odd, out=out, retry_failed=True)
    assert more.resumed == 1
    assert pyarrow.parquet.read_table(out).num_rows == 3
    (tmp_path / "rows.parquet.jsonl").unlink()
    with pytest.raises(SpecError, match=r"E954.*rows\.parquet\.jsonl"):
        here(coin, seeds=range(1), work=trainers.fail_on_odd, out=out)
    assert pyarrow.parquet.read_table(out).num_rows == 3
    here(coin, seeds=range(1), work=trainers.fail_on_odd, out=out, resume=False)
    assert pyarrow.parquet.read_table(out).num_rows == 1


def test_types_do_not_depend_on_the_rows(tmp_path: Path) -> None:
    from specc.sweep.parquet import write_parquet
    from specc.sweep.rows import row_of
    from specc.sweep.task import Outcome, Task

    def schema(*values: object) -> pyarrow.DataType:
        rows = [
            row_of(
                Task("f", None, "", "s", None, "check", "check", seed=number),
                Outcome("ok", result={"train.x": value}),
            )
            for number, value in enumerate(values)
        ]
        write_parquet(tmp_path / "x.parquet", rows)
        table = pyarrow.parquet.read_table(tmp_path / "x.parquet")
        return table.schema.field("train.x").type

    assert schema(1, 2) == schema(1, 2.5) == schema(None, 3) == pyarrow.float64()
    assert schema(True, None) == pyarrow.bool_()
    for mixed in ([1, "a"], [True, 1], [2**70, 1], [[1], None], [None, None], ["1/3"]):
        assert schema(*mixed) == pyarrow.string()


def test_without_pyarrow_it_says_what_to_install(
    coin: str, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    work = (trainers.count_calls, {"folder": str(calls)})
    with pytest.raises(MissingExtra, match=r"specc-rl\[parquet\]"):
        here(coin, seeds=[0], work=work, out=tmp_path / "rows.parquet")
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"specc-rl\[ray\]"):
        specc.sweep(coin, seeds=[0], work=work, backend="ray")
    assert list(calls.iterdir()) == []
