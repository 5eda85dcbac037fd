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
)
