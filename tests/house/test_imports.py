"""What is imported when: `import specc` and `specc --help` stay light."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "numba", "torch", "sympy", "scipy", "networkx", "numpy", "gymnasium", "lark", "spot", "z3",
    "flint", "rich",
}  # fmt: skip


def imported(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.partition(".")[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize(
    "code",
    [
        "import specc; specc.__version__; dir(specc)",
        "import specc.cli.app",
        "import sys; sys.argv = ['specc', '--help']\n"
        "from specc.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0",
        "import sys; sys.argv = ['specc', 'solve', '--help']\n"
        "from specc.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0",
    ],
)
def test_light(code: str) -> None:
    found = imported(code)
    assert "specc" in found
    assert found & HEAVY == set()


def test_the_test_sees_heavy_imports() -> None:
    assert "numpy" in imported("import specc; specc.preorder(); import numpy")


def test_public_names_are_there() -> None:
    import specc

    assert set(specc.__all__) <= set(dir(specc))
    for name in ("load", "check", "solve", "evaluate", "compile", "wrap", "preorder"):
        assert callable(getattr(specc, name))
        assert getattr(specc, name).__doc__
    with pytest.raises(AttributeError, match="nonsense"):
        _ = specc.nonsense
