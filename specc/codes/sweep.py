"""Pages of the codes of sweeps: what is refused before any work, and what becomes of one task."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

CODES = (
    Code(
        "E951",
        "nothing to sweep over under that name",
        """\
`specc.sweep` takes paths, patterns with `*`, `?`, `[..]` or `**`, `FILE:NAME` for one spec of a
file, and specs or files that `specc.load` read. A path must exist, a pattern must match a file, a
named spec must be declared. Specs travel as text: one that was put together in Python, without a
file that says it, cannot be sent; write it to a file (`specc.written`).

    specc.sweep(["tasks/*.spec", "office.spec:deliver"])
""",
    ),
    Code(
        "E952",
        "an environment that cannot be put into the spec's file",
        """\
`environments` are names or patterns of environments that the file declares, settings for `gym` and
`file` environments, or whole right sides of a declaration:

    environments=["lake", 'gym "FrozenLake-v1" (map_name="8x8")', {"is_slippery": False}]

`specc.sweep.grid(map_name=["4x4", "8x8"])` makes several settings. Grids and written models take
no settings; write a whole `grid { .. }` instead.
""",
    ),
    Code(
        "E953",
        "work that workers cannot do",
        """\
Work is `"check"`, `"solve"`, `"train"`, or a function `(spec, seed, **parameters)` that a worker
can import: one at the top of a module or of the script, given itself or as `"module:name"`. A
lambda, a function inside a function, a method or a `functools.partial` cannot be named. Parameters
stand beside it, and are JSON values:

    work=["check", ("solve", {"exact": True}), (train, grid(rate=[0.1, 0.5]))]

Workers import a script again, so `specc.sweep` in a script stands under
`if __name__ == "__main__":`.
""",
    ),
    Code(
        "E954",
        "results that cannot be written or read back",
        """\
`out` ends in `.jsonl` (JSON lines) or `.parquet`; its folder can be written to, and no other sweep
writes to it now. What stands there must be the rows of a sweep: nothing else is overwritten. A line
that was cut short at the end of the file is dropped, its task runs again.
""",
    ),
    Code(
        "E955",
        "settings of a sweep that do not fit",
        """\
`workers` and `retries` are counts, `timeout` and `memory` positive numbers of seconds and bytes,
`seeds` are integers, the backend is `"processes"`, `"ray"` or `"here"`. A task that runs `"here"`,
in your own process, can be neither stopped nor bounded, so `timeout` and `memory` need workers.
""",
    ),
    Code(
        "E956",
        "a function of yours raised an exception",
        """\
The row's `message` has the exception and the last lines of the traceback. The other tasks of the
sweep are not affected; `retries=1` tries once more, `retry_failed=True` runs the failed tasks of an
earlier sweep again.
""",
    ),
    Code(
        "E957",
        "a function's answer that cannot be a row",
        """\
A function of a sweep returns a dictionary of texts, numbers, truth values, None, lists and
dictionaries of these; rationals become texts, and numbers that are not finite become null:

    return {"return": 0.5, "episodes": 1000}
""",
    ),
    Code(
        "E958",
        "a worker that died",
        """\
The process that ran the task ended: killed from outside, most often because the memory of the
machine ran out, or by a crash in compiled code. A task whose worker reaches `memory=` fails with
this code too. Use fewer workers, a smaller model, or more memory.
""",
    ),
    Code(
        "E959",
        "a task that was stopped",
        """\
It ran for longer than `timeout=` seconds, and its worker was ended, or the sweep was interrupted.
Interrupted tasks run again when the sweep is called again, stopped ones with `retry_failed=True`.
""",
    ),
)
