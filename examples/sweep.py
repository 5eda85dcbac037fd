"""Every example spec: its formalism, its optimum, and what a tabular learner makes of it, by seed.

Rows go to a file; call it again and it goes on where it ended.

    python examples/sweep.py [OUT] [SEEDS] [STEPS] [SPECS]
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import specc

HERE = Path(__file__).resolve().parent


def main(
    out: str = "results.jsonl",
    seeds: str = "3",
    steps: str = "200000",
    specs: str = f"{HERE}/*.spec",
) -> None:
    """Sweep, and print a line for each spec."""
    found = specc.sweep(
        specs,
        seeds=range(int(seeds)),
        work=[("check", {"against": []}), "solve", ("train", {"steps": int(steps)})],
        out=out,
        timeout=600,
    )
    print(f"{'file':<22}{'spec':<16}{'formalism':<11}{'optimum':<12}learned, by seed")
    lines: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in found:
        cells = lines.setdefault(
            (row["file"], row["spec"]), {"check": [], "solve": [], "train": []}
        )
        cells[row["work"]].append(_shown(row))
    for (file, name), cells in lines.items():
        formalism, optimum = cells["check"][0], cells["solve"][0]
        learned = " ".join(dict.fromkeys(cells["train"]))
        print(f"{Path(file).stem:<22}{name:<16}{formalism:<11}{optimum:<12}{learned}")
    print(", ".join(f"{count} {status}" for status, count in found.counts.items()))
    print(f"{found.resumed} of {len(found)} rows were there already; all are in {out}")


def _shown(row: Mapping[str, Any]) -> str:
    """The number that matters, or the codes that say why there is none."""
    names = {"check": "check.formalism", "solve": "solve.lower", "train": "train.lower"}
    value = row.get(names[row["work"]])
    if value is None:
        return ",".join(row["codes"]) or row["status"]
    return f"{value:.4f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main(*sys.argv[1:5])
