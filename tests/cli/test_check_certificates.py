"""`specc check --certificates`: proofs as files that the kernel re-checks by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from specc.check import check_file
from specc.check.certificates import Folder
from specc.resolve.file import load_text
from specc.statement import compact, statement
from specc.verdict.evidence import Refutation
from specc.verdict.judge import Verdict

ROOT = Path(__file__).resolve().parents[2]


def refutation() -> Refutation:
    """A stored lemma's proof: reaching a goal is in no reward machine's order."""
    proof = json.loads((ROOT / "proofs" / "rm-not-geq-ltl.json").read_text())["proof"]
    return Refutation("RM", proof["certificate"]["kind"], "the limit drops",
                      compact(proof["statement"]), proof["sha256"],
                      compact(proof["certificate"]))  # fmt: skip


def test_files_are_accepted_by_the_kernel_alone(tmp_path: Path) -> None:
    witness = json.loads((ROOT / "proofs" / "rm-not-geq-ltl.json").read_text())["witness"]
    file = load_text(witness["specification"])
    (name,) = file.specs
    found = check_file(file, against=("RM",))
    proof = refutation()
    # The statement is about this very spec.
    assert compact(statement(file[name], "RM")) == proof.statement
    verdict = Verdict("inexpressible", "order", "kernel", (), "", None, None)
    spec = replace(found.specs[0], verdicts={"RM": verdict})
    found = replace(found, specs=(spec,), refutations={name: {"RM": proof}})
    folder = Folder(tmp_path)
    paths = [folder.write(found).specs[0].verdicts["RM"].certificate for _ in range(2)]
    assert len(set(paths)) == 2
    for path in paths:
        assert path is not None
        beside = path.replace(".certificate.json", ".statement.json")
        done = subprocess.run(
            [sys.executable, "-m", "specc.kernel", beside, path], capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert proof.sha256 in done.stdout


def test_names_are_safe(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    names = [folder._name(name) for name in ("a/b", "A", "a", "x" * 500, "x" * 501)]
    assert len({name.casefold() for name in names}) == 5
    assert all("/" not in name and len(name) < 200 for name in names)
