"""Worker processes: a task that dies, hangs, prints or hoards fails alone, and none is left."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sweep_trainers as trainers

import specc

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """\
import sys
import specc
from specc.sweep import grid

def train(spec, seed, rate):
    return {{"value": seed * rate}}

def main():
    found = specc.sweep({coin!r}, seeds=range(2), work=(train, grid(rate=[2, 3])), workers=1)
    for row in found:
        print(row["work"], row["status"], row.get("train.value"), row["message"])

{call}
"""


@pytest.fixture
def coin(tmp_path: Path) -> str:
    path = tmp_path / "coin.spec"
    path.write_text(trainers.COIN, encoding="utf-8")
    return f"{path}:soon"


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds; a minute is far more than enough."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    """Whether the process runs: one that ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    except OSError:
        return False
    return state.split()[0] not in "ZX"


def without_seconds(rows: object) -> list[dict]:
    return [{name: value for name, value in row.items() if "seconds" not in name} for row in rows]


def test_the_same_rows_as_here(coin: str) -> None:
    work = ["solve", ("train", {"steps": 500}), trainers.draw, trainers.fail_on_odd]
    options = {"seeds": range(3), "work": work}
    there = specc.sweep(coin, workers=2, **options)
    here = specc.sweep(coin, backend="here", **options)
    assert without_seconds(there) == without_seconds(here)
    assert there.counts == {"ok": 9, "failed": 1}


def test_a_worker_that_dies_fails_its_task_only(coin: str) -> None:
    found = specc.sweep(coin, seeds=range(5), work=trainers.leave, workers=1)
    assert [row["status"] for row in found] == ["ok", "failed", "failed", "ok", "ok"]
    killed, left = found.failures
    assert killed["codes"] == left["codes"] == ["E958"]
    assert "SIGKILL" in killed["message"]
    assert "status 7" in left["message"]


def test_time_runs_out_for_one_task_and_what_it_started(coin: str, tmp_path: Path) -> None:
    work = (trainers.sleep, {"folder": str(tmp_path)})
    found = specc.sweep(coin, seeds=range(3), work=work, workers=2, timeout=1.5)
    assert [row["status"] for row in found] == ["timeout", "ok", "ok"]
    assert found.rows[0]["codes"] == ["E959"]
    assert found.rows[0]["seconds"] >= 1.5
    ids = (tmp_path / "ids").read_text(encoding="utf-8").split()
    wait_for(lambda: not any(is_alive(int(each)) for each in ids))


def test_retries_are_for_functions_that_raise_and_workers_that_die(
    coin: str, tmp_path: Path
) -> None:
    def run(retries: int, folder: str) -> dict:
        (tmp_path / folder).mkdir()
        work = (trainers.third_time, {"folder": str(tmp_path / folder)})
        (row,) = specc.sweep(coin, work=work, retries=retries, workers=1)
        return dict(row)

    row = run(2, "enough")
    assert (row["status"], row["attempts"], row["train.tries"]) == ("ok", 3, 3)
    row = run(1, "too few")
    assert (row["status"], row["attempts"], row["codes"]) == ("failed", 2, ["E958"])


def test_what_tasks_print_and_read_is_not_the_protocol(
    coin: str, capfd: pytest.CaptureFixture[str]
) -> None:
    found = specc.sweep(coin, seeds=range(2), work=trainers.shout, workers=1)
    assert [row["train.read"] for row in found] == ["", ""]
    shown = capfd.readouterr()
    assert shown.out == ""
    # What tasks print is passed on; progress is for terminals only.
    assert sorted(set(shown.err.split("\n"))) == ["", "noise", '{"status": "failed"}']


def test_memory_is_bounded_per_worker(coin: str) -> None:
    found = specc.sweep(coin, seeds=range(2), work=trainers.hoard, workers=1, memory=1 << 31)
    assert [(row["status"], row["codes"]) for row in found] == [("failed", ["E958"])] * 2


def test_too_little_memory_to_start_a_worker(coin: str) -> None:
    (row,) = specc.sweep(coin, work="solve", workers=1, memory=1 << 20)
    assert (row["status"], row["codes"]) == ("failed", ["E958"])


@pytest.mark.parametrize(
    ("how", "backend"),
    [
        ("interrupt", "processes"),
        ("kill", "processes"),
        pytest.param("interrupt", "ray", marks=pytest.mark.long),
    ],
)
def test_an_interrupted_sweep_leaves_a_file_and_no_process(
    how: str, backend: str, coin: str, tmp_path: Path
) -> None:
    out = tmp_path / "rows.jsonl"
    sweep = (
        "import sys, specc; sys.path.append(sys.argv[1]); "
        "specc.sweep(sys.argv[2], seeds=[3, 0, 4], out=sys.argv[3], workers=1, "
        "work=('sweep_trainers:sleep', {'folder': sys.argv[4]}), backend=sys.argv[5])"
    )
    arguments = [str(Path(__file__).parent), coin, str(out), str(tmp_path), backend]
    process = subprocess.Popen(
        [sys.executable, "-c", sweep, *arguments], stderr=subprocess.PIPE, text=True
    )
    wait_for((tmp_path / "ids").exists)
    ids = [int(each) for each in (tmp_path / "ids").read_text(encoding="utf-8").split()]
    assert all(map(is_alive, ids))
    process.send_signal(signal.SIGINT if how == "interrupt" else signal.SIGKILL)
    message = process.communicate(timeout=60)[1]
    wait_for(lambda: not any(map(is_alive, ids)))
    statuses = [json.loads(line)["status"] for line in out.read_text(encoding="utf-8").splitlines()]
    if how == "interrupt":
        assert message.rstrip().endswith("KeyboardInterrupt")
        assert process.returncode != 0
        assert statuses == ["ok", "cancelled"]
    else:
        assert statuses == ["ok"]
    work = ("sweep_trainers:sleep", {"folder": str(tmp_path)})
    again = specc.sweep(coin, seeds=[3, 4], out=out, workers=1, work=work)
    assert (again.resumed, again.counts) == (1, {"ok": 2})


@pytest.mark.parametrize("is_guarded", [True, False])
def test_functions_of_a_script(is_guarded: bool, coin: str, tmp_path: Path) -> None:
    call = 'if __name__ == "__main__":\n    main()' if is_guarded else "main()"
    script = tmp_path / "study.py"
    script.write_text(SCRIPT.format(coin=coin, call=call), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, timeout=120
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    if is_guarded:
        assert lines == [f"study.py:train ok {value} None" for value in (0, 2, 0, 3)]
        (row,) = specc.sweep(coin, seeds=[4], work=(f"{script}:train", {"rate": 2}), workers=1)
        assert (row["work"], row["train.value"]) == ("study.py:train", 8)
    else:
        assert len(lines) == 4
        assert all("failed None E953" in line and "__main__" in line for line in lines)


def test_functions_that_are_in_no_file(coin: str) -> None:
    program = (
        "import sys, specc\n"
        "def train(spec, seed): return {'seed': seed}\n"
        "print(specc.sweep(sys.argv[1], work=train, backend='here').counts)\n"
        "specc.sweep(sys.argv[1], work=train)\n"
    )
    done = subprocess.run(
        [sys.executable, "-", coin], input=program, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "{'ok': 1}\n"
    assert "E953: workers cannot import `train`" in done.stderr


def test_progress_is_for_terminals(coin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        specc.sweep(coin, seeds=range(2), work=trainers.fail_on_odd, backend="here")
        text = stream.getvalue()
        assert ("2 of 2 tasks, 1 failed" in text) is shown
        assert text.endswith("\x1b[K") is shown
