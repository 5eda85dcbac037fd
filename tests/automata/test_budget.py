"""The worker: what overruns is ended, what is killed comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from specc.automata.formula import Atom, Connective, Formula, atoms, conjunction
from specc.automata.judge import agrees
from specc.automata.remote import TimeOut, WorkerDied, ask, worker_process_id
from specc.automata.spot import spot_text
from specc.automata.translate import Budget, translate
from specc.diagnostics import SpecError


def _fair(count: int) -> Formula:
    def always_eventually(outer: str, inner: str, name: str) -> Formula:
        return Connective(outer, (Connective(inner, (Atom(name),)),))

    return conjunction(
        tuple(
            Connective(
                "or",
                (always_eventually("G", "F", f"a{i}"), always_eventually("F", "G", f"b{i}")),
            )
            for i in range(count)
        )
    )


def _hard(count: int) -> Formula:
    """Remembers which of many obligations are open at which distance: doubly exponential."""
    formula: Formula = Atom("z")
    for i in range(count):
        inner = Connective("and", (Atom(f"a{i % 6}"), Connective("X", (formula,))))
        formula = Connective("F", (Connective("G", (Connective("or", (inner, formula)),)),))
        formula = Connective("xor", (formula, Connective("U", (Atom(f"a{(i + 1) % 6}"), inner))))
    return formula


def _gone(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    return False


def test_six_propositions_stay_within_the_budget() -> None:
    formula = _fair(3)
    automaton = translate(formula, "generic", Budget(seconds=20))
    assert automaton.state_count <= 6
    assert agrees(automaton, formula, samples=500)


def test_an_overrun_names_the_formula_and_the_budget_and_ends_the_worker() -> None:
    ask(_request('F("p0")'), 20)
    before = worker_process_id()
    assert before is not None
    with pytest.raises(SpecError) as error:
        translate(_hard(5), "generic", Budget(seconds=0.4))
    diagnostic = error.value.diagnostics[0]
    assert diagnostic.code == "E501"
    assert '"a0"' in diagnostic.message
    assert "0.4 seconds" in diagnostic.message
    assert worker_process_id() is None
    assert _gone(before)


def test_too_many_states_are_an_overrun() -> None:
    formula: Formula = Atom("a")
    for _ in range(9):
        formula = Connective("X", (formula,))
    formula = Connective("G", (Connective("<->", (Atom("b"), formula)),))
    with pytest.raises(SpecError) as error:
        translate(formula, "parity", Budget(states=10))
    assert error.value.diagnostics[0].code == "E501"
    assert "10 states" in error.value.diagnostics[0].message


def _request(text: str) -> dict[str, object]:
    return {"formula": text, "atoms": 1, "kind": "parity", "level": "low", "states": 100}


def test_a_killed_worker_is_replaced() -> None:
    ask(_request('F("p0")'), 20)
    first = worker_process_id()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    try:
        ask(_request('G("p0")'), 20)
    except WorkerDied:
        # It may have been alive still when asked.
        ask(_request('G("p0")'), 20)
    assert worker_process_id() not in (None, first)


def test_the_worker_stays_warm_and_threads_share_it() -> None:
    answers: list[dict[str, object]] = []
    ask(_request('F("p0")'), 20)
    first = worker_process_id()
    threads = [
        threading.Thread(target=lambda: answers.append(ask(_request('G("p0")'), 20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("automaton" in answer for answer in answers)
    assert len(answers) == 4
    assert worker_process_id() == first


def test_no_answer_in_time() -> None:
    formula = _hard(5)
    text = spot_text(formula, atoms(formula))
    with pytest.raises(TimeOut):
        ask({**_request(text), "atoms": len(atoms(formula))}, 0.3)
    assert worker_process_id() is None


def test_what_the_translator_refuses_is_an_answer_and_not_a_crash() -> None:
    assert ask(_request("F((("), 20)["error"] == "failed"
    assert "automaton" in ask(_request('F("p0")'), 20)


def test_a_formula_that_is_too_deep() -> None:
    formula: Formula = Atom("a")
    for _ in range(1000):
        formula = Connective("X", (formula,))
    with pytest.raises(SpecError) as error:
        translate(formula)
    assert error.value.diagnostics[0].code == "E502"


_PARENT = """
from specc.automata.remote import ask, worker_process_id
ask({"formula": "1", "atoms": 0, "kind": "parity", "level": "low", "states": 9}, 30)
print(worker_process_id(), flush=True)
input()
"""


def test_the_worker_dies_with_a_parent_that_is_killed() -> None:
    # The main program comes from standard input: nothing that could be imported again.
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert not _gone(worker)
        parent.kill()
        parent.wait()
    # Its end is not ours to wait for: ask until the system has taken it.
    pause = threading.Event()
    for _ in range(500):
        if _gone(worker) or _zombie(worker):
            break
        pause.wait(0.02)
    assert _gone(worker) or _zombie(worker)


def _zombie(process_id: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process_id)], capture_output=True, text=True, check=False
    ).stdout
    return state.strip().startswith("Z")
