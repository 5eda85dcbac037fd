"""Ray gives the rows that processes give. All but its own start is tested with processes."""

from __future__ import annotations

from pathlib import Path

import pytest
import sweep_trainers as trainers

import specc


@pytest.mark.long
def test_ray_gives_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    # A user's own cluster would be joined.
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    path = tmp_path / "coin.spec"
    path.write_text(trainers.COIN, encoding="utf-8")

    def rows(backend: str, *work: object, workers: int | None = 2) -> list[dict]:
        out = tmp_path / f"{backend}.jsonl"
        found = specc.sweep(
            f"{path}:soon",
            seeds=range(3),
            work=work,
            out=out,
            workers=workers,
            backend=backend,
            timeout=60,
        )
        return [{n: v for n, v in row.items() if "seconds" not in n} for row in found]

    work = ("solve", ("train", {"steps": 500}), trainers.draw, trainers.fail_on_odd)
    expected = rows("processes", *work)
    assert rows("ray", *work) == expected
    assert not ray.is_initialized()
    (tmp_path / "ray.jsonl").unlink()
    ray.init(address="local", num_cpus=2, include_dashboard=False, logging_level="WARNING")
    try:
        # More workers than cores: those that find no core are not waited for.
        assert rows("ray", *work, workers=5) == expected
        assert [row["status"] for row in rows("ray", trainers.leave, workers=None)] == [
            "ok",
            "failed",
            "failed",
        ]
        (lost, *others) = rows("ray", trainers.end_the_parent)
        assert (lost["status"], lost["codes"]) == ("failed", ["E958"])
        assert [row["status"] for row in others] == ["ok", "ok"]
        # The cluster is the user's, and goes on.
        assert ray.is_initialized()
    finally:
        ray.shutdown()
