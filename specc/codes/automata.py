"""Pages of the codes for formulas and automata (E5xx)."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

CODES = (
    Code(
        "E501",
        "the automaton of a formula overruns its budget",
        """\
An LTL formula of n operators can need a deterministic automaton of doubly exponential size. The
translation runs under a budget of seconds and states and is ended when it overruns. Split the
formula into several specs, name fewer propositions, or raise the budget:

    specc automaton 'G F a & F G b' --budget 60s
""",
    ),
    Code(
        "E502",
        "the formula is too large",
        """\
Formulas are bounded in the number of their operators and in the depth of their nesting, so that
no file can exhaust the machine. A formula of that size has no usable automaton; split it.
""",
    ),
    Code(
        "E503",
        "the translator contradicts the formula's meaning",
        """\
Every automaton is compared with the formula's own meaning on sampled words before it is used. Here
every setting of the translator gave an automaton with a wrong verdict. This is a fault of the
translator, not of your file: please report the formula. An equivalent formula may work.
""",
    ),
    Code(
        "E504",
        "too many propositions are told apart",
        """\
Tables are made of letter classes, sets of truth assignments that no guard tells apart, or, where a
machine has too many of those, of a decision diagram for each of its states. Here even the diagrams
are too large: a guard (or the guards of one state together) such as `(a1 <-> b1) & ... & (a20 <->
b20)` has no small one. Split the guard over several states, or watch fewer propositions in it.
Arrays of letters hold at most 62 propositions; `wrap` reads any number.
""",
    ),
    Code(
        "E505",
        "the formula has no deterministic Buechi automaton",
        """\
Deterministic Buechi automata recognise only the formulas of the recurrence class: `G F a` has one,
`F G a` has none. Ask for `ldba`, `parity` or `generic`.
""",
    ),
    Code(
        "E506",
        "the formula is neither co-safe nor safe",
        """\
`dfa` needs a formula that finite prefixes decide: co-safe (`F a`, `a U b`: every good word
has a good prefix) or safe (`G a`: every bad word has a bad prefix). `G F a` is neither. Ask for
`buchi`, `ldba`, `parity` or `generic`.
""",
    ),
    Code(
        "E507",
        "a malformed HOA file",
        """\
The text is not HOA v1 (Hanoi omega-automata format), or goes beyond what is read: one automaton,
`Start:` and `Acceptance:` present, states below `States:`, labels as Boolean expressions over the
numbers of `AP:` or aliases, at most 100,000 states.

    HOA: v1
    States: 1
    Start: 0
    AP: 1 "a"
    Acceptance: 1 Inf(0)
    --BODY--
    State: 0
    [0] 0 {0}
    [!0] 0
    --END--
""",
    ),
    Code(
        "E508",
        "an HOA automaton of a kind that is not supported",
        """\
Alternating automata (universal branching, `Start: 0&1`) and negated acceptance sets (`Inf(!0)`) are
not read. `autfilt -H --generic` of Spot turns an alternating automaton into one that is.
""",
    ),
)
