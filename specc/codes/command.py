"""Codes of the command line itself: what stands around the content of files."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

CODES = (
    Code(
        "E001",
        "A file cannot be read or written",
        """\
The path does not exist, is a directory, or may not be opened. Exit status 2: nothing is known of
the file's content. For example `specc check nowhere.spec`.
""",
    ),
    Code(
        "E002",
        "An optional part of specc is not installed",
        """\
The command needs a package that specc does not install by itself, such as stormpy for models in
PRISM's language: `pip install 'specc-rl[storm]'`. `specc doctor` shows which parts are there and
how to install the others. Exit status 2.
""",
    ),
    Code(
        "E003",
        "A mistake of specc, not of yours",
        """\
Something inside specc failed in a way that it did not foresee. Please report the command and the
file. With the environment variable SPECC_DEBUG=1 the whole traceback is shown. Exit status 2.
""",
    ),
    Code(
        "E004",
        "Arguments that do not fit together",
        """\
The command line itself asks for something that cannot be done, such as one `--policy-out` file
for several specs. Name one with `--spec NAME`. Exit status 2.
""",
    ),
    Code(
        "E904",
        "Lemmas that contradict each other",
        """\
The lemmas give both X >= Y and X not>= Y, so one of them is false. `specc prove` names the pair;
`specc prove --json` gives the lemmas.
""",
    ),
)
