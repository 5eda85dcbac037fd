"""HOA text: Spot reads what we write, we read what Spot writes, and nothing malformed."""

from __future__ import annotations

import pytest
import spot
from automata_formulas import HAND_PICKED, parsed

from specc.automata.formula import atoms
from specc.automata.hoa import read_hoa, write_hoa
from specc.automata.judge import sampled_lassos, short_lassos
from specc.automata.semantics import run_lasso, satisfies
from specc.automata.translate import translate
from specc.diagnostics import SpecError


@pytest.mark.parametrize("text", HAND_PICKED)
@pytest.mark.parametrize("acceptance", ["generic", "parity", "ldba"])
def test_spot_reads_what_we_write(text: str, acceptance) -> None:
    written = write_hoa(translate(parsed(text), acceptance), name='of "it" \\')
    judge = spot.translate(spot.formula(text), "parity", "deterministic")
    assert spot.are_equivalent(spot.automaton(written), judge)


@pytest.mark.parametrize("text", HAND_PICKED)
@pytest.mark.parametrize(
    "options", [("buchi",), ("buchi", "sbacc"), ("parity", "deterministic"), ("tgba", "any")]
)
def test_we_read_what_spot_writes(text: str, options: tuple[str, ...]) -> None:
    formula = parsed(text)
    automaton = read_hoa(spot.translate(spot.formula(text), *options).to_str("hoa"))
    # Spot keeps only the propositions that matter.
    assert set(automaton.atoms) <= set(atoms(formula))
    count = len(automaton.atoms)
    for prefix, cycle in [*short_lassos(min(count, 1), 2, 2), *sampled_lassos(count, 60)]:
        verdict = satisfies(formula, prefix, cycle, automaton.atoms)
        assert run_lasso(automaton, prefix, cycle) == verdict, (prefix, cycle)


def test_our_own_round_trip_is_exact() -> None:
    for text in HAND_PICKED:
        automaton = translate(parsed(text))
        again = read_hoa(write_hoa(automaton))
        assert (again.state_count, again.mark_count) == (
            automaton.state_count,
            automaton.mark_count,
        )
        assert again.acceptance == automaton.acceptance


IMPLICIT = """HOA: v1
/* a comment
   over lines */
name: "x y"
States: 2
Start: 1
AP: 2 "a" "b c"
Alias: @both 0&1
tool: "hand" "1.0"
Acceptance: 3 (Fin(0) & Inf(1)) | Inf(2)
--BODY--
State: 1 "start" {1}
0 {0}
1
1
0 {2}
State: 0
[@both | !0] 0 {2}
[!@both & 0] 1
--END--
"""


def test_implicit_labels_aliases_comments_and_state_marks() -> None:
    automaton = read_hoa(IMPLICIT)
    assert automaton.atoms == ("a", "b c")
    assert automaton.initial == 1
    assert [automaton.step(1, letter).target for letter in range(4)] == [0, 1, 1, 0]
    assert [automaton.step(1, letter).marks for letter in range(4)] == [0b11, 0b10, 0b10, 0b110]
    assert [automaton.step(0, letter).target for letter in range(4)] == [0, 1, 0, 0]


def test_an_incomplete_automaton_gets_a_rejecting_sink() -> None:
    text = 'HOA: v1\nStart: 0\nAP: 1 "a"\nAcceptance: 1 Fin(0)\n--BODY--\nState: 0\n[0] 0\n--END--'
    automaton = read_hoa(text)
    assert run_lasso(automaton, [], [1])
    assert not run_lasso(automaton, [1, 0], [1])


def test_several_starts_are_determinised() -> None:
    body = "--BODY--\nState: 0\n[0] 0 {0}\nState: 1\n[!0] 1 {0}\n--END--"
    text = f'HOA: v1\nStart: 0\nStart: 1\nAP: 1 "a"\nAcceptance: 1 Inf(0)\n{body}'
    automaton = read_hoa(text)
    verdicts = [run_lasso(automaton, p, c) for p, c in [((), (0,)), ((), (1,)), ((1,), (0,))]]
    assert verdicts == [True, True, False]


_HEAD = 'HOA: v1\nStates: 1\nStart: 0\nAP: 1 "a"\nAcceptance: 1 Inf(0)\n--BODY--\n'
_ALIASES = "".join(f"Alias: @a{i + 1} @a{i}&@a{i}\n" for i in range(60))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "E507"),
        ("HOA: v2", "E507"),
        ('HOA: v1 "', "E507"),
        (_HEAD, "E507"),
        (_HEAD + "State: 1\n--END--", "E507"),
        (_HEAD + "State: 0\n[0] 1\n--END--", "E507"),
        (_HEAD + "State: 0\n[1] 0\n--END--", "E507"),
        (_HEAD + "State: 0\n[0 0\n--END--", "E507"),
        (_HEAD + "State: 0\n[t] 0 {1}\n--END--", "E507"),
        (_HEAD + "State: 0\n[@x] 0\n--END--", "E507"),
        (_HEAD + "State: 0\n0 0 0\n--END--", "E507"),
        (_HEAD + "State: 0\n[t] 0\nState: 0\n[t] 0\n--END--", "E507"),
        (_HEAD + "State: 0\n[" + "(" * 5000 + "\n--END--", "E507"),
        (_HEAD + "State: 0\n[" + "!" * 5000 + "0] 0\n--END--", "E507"),
        (_HEAD + "State: 0\n[t] 0\n--END--\n" + _HEAD, "E507"),
        (_HEAD.replace("Start: 0\n", "") + "State: 0\n[t] 0\n--END--", "E507"),
        (_HEAD.replace("Acceptance: 1 Inf(0)\n", "") + "--END--", "E507"),
        (_HEAD.replace("Inf(0)", "Inf(1)") + "--END--", "E507"),
        (_HEAD.replace("Inf(0)", "Inf(0) &") + "--END--", "E507"),
        (_HEAD.replace("States: 1", "States: 99999999999999") + "--END--", "E507"),
        (_HEAD.replace("Acceptance: 1", "Acceptance: 999") + "--END--", "E507"),
        (_HEAD.replace("Inf(0)", "Inf(!0)") + "State: 0\n[t] 0\n--END--", "E508"),
        (_HEAD.replace("Start: 0", "Start: 0&0") + "--END--", "E508"),
        (_HEAD + "State: 0\n[t] 0&0\n--END--", "E508"),
    ],
)
def test_malformed_text_is_a_diagnostic(text: str, code: str) -> None:
    with pytest.raises(SpecError) as error:
        read_hoa(text)
    assert error.value.diagnostics[0].code == code


def test_aliases_of_aliases_do_not_explode() -> None:
    head = _HEAD.replace("Acceptance", "Alias: @a0 0\n" + _ALIASES + "Acceptance")
    automaton = read_hoa(head + "State: 0\n[@a60] 0 {0}\n[!@a60] 0\n--END--")
    assert run_lasso(automaton, [], [1])
    assert not run_lasso(automaton, [1], [0])
