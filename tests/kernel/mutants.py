"""Mutation testing of the kernel: change one thing in it, and some test must fail.

    python tests/kernel/mutants.py [--files a.py b.py] [--minutes 30] [--list]

Every comparison, boolean, sign, small constant, truth value and refusal (``raise``, a limit) in
specc/kernel is changed, one at a time. Survivors are printed; each must stand in `survivors.txt`
with the reason why it changes nothing that the kernel promises. Not mutated: docstrings, messages,
``strict`` of ``zip``, the table of limits, ``__main__`` (its tests start other processes),
``assert``.

The quick tests of this folder are collected and run once, and which of them run which lines is
kept. Then each mutant has a process of its own, forked from there: the code of the one function is
replaced, and the tests that run the changed lines are run up to the first failure: those first that
found other changes of the function, then the quickest.
What only an import runs is changed before the kernel is imported, and all tests are run.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.abc
import importlib.util
import io
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from mutant_kinds import Mutant, mutants

HERE = Path(__file__).resolve().parent
KERNEL = HERE.parents[1] / "specc" / "kernel"
SKIPPED = {"__main__.py", "__init__.py", "limits.py", "errors.py"}
TESTS = [
    "test_kernel_witnesses.py",
    "test_kernel_traps.py",
    "test_kernel_documents.py",
    "test_kernel_arithmetic.py",
    "test_kernel_discounts.py",
    "test_kernel_orders.py",
    "test_kernel_certificates.py",
    "test_kernel_smooth.py",
    "test_kernel_slopes.py",
    "test_kernel_forms.py",
    "test_kernel_classes.py",
    "test_kernel_extensions.py",
    "test_kernel_limits.py",
    "test_kernel_lotteries.py",
    "test_kernel_reference.py",
]
OPTIONS = ["-x", "-s", "-m", "not long", "-o", "addopts=", "-p", "no:cacheprovider"]
OPTIONS += ["-p", "no:terminal"]
SECONDS = 60
_CALLS = 300  # of a function in a test whose lines are looked at: tracing is slow
_MOST = 255  # of the statuses of a process
BYTES = 8 << 30


class _Replaced(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves one module of the kernel from a source of our own."""

    def __init__(self, mutant: Mutant) -> None:
        self.module, self.source = _module(mutant.path), mutant.source

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None):
        if name != self.module:
            return None
        return importlib.util.spec_from_loader(name, self)

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, self.module, "exec"), module.__dict__)


def _module(path: Path) -> str:
    return f"specc.kernel.{path.stem}"


def _in_a_process(judged: Callable[[], int]) -> int:
    """The exit status of a process that calls it: 0 is left to it to say.

    Dying of the alarm, or of anything else, is a failed test too.
    """
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        code = 1
        try:
            code = judged()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _seconds_at_most(seconds: float) -> None:
    """The process dies after so many seconds of its own, however busy the machine is."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)


def _judged_imported_anew(mutant: Mutant) -> int:
    _seconds_at_most(SECONDS)
    tests = {path.stem for path in HERE.glob("*kernel*.py")} | {"witnesses"}
    for name in [n for n in sys.modules if n.startswith("specc.kernel") or n in tests]:
        del sys.modules[name]
    import specc

    if hasattr(specc, "kernel"):
        del specc.kernel
    sys.meta_path.insert(0, _Replaced(mutant))
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return int(pytest.main([*OPTIONS, *TESTS]))


class _Session:
    """A pytest plugin: collect, record who runs what, then judge the mutants."""

    def __init__(self, found: list[Mutant], report: _Report) -> None:
        self.found, self.report = found, report
        self.seconds: dict[pytest.Item, float] = {}
        self.users: dict[tuple[str, int], set[pytest.Item]] = defaultdict(set)
        self.killers: dict[str, set[pytest.Item]] = defaultdict(set)
        self.imported: list[Mutant] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            started = time.process_time()
            assert self._records(item), f"fails without a mutant: {item.nodeid}"
            self.seconds[item] = time.process_time() - started
        for mutant in self.found:
            if self._users(mutant.path, mutant.body):
                self.report.add(mutant, self._survives(mutant))
            else:
                self.imported.append(mutant)
        return True

    def _survives(self, mutant: Mutant) -> bool:
        killers = self.killers[f"{mutant.path.name} {mutant.function}"]
        users = self._users(mutant.path, mutant.lines)
        users.sort(key=lambda item: (item not in killers, self.seconds[item]))
        status = _in_a_process(lambda: self._judged(mutant, users))
        if 2 <= status < _MOST:
            killers.add(users[status - 2])
        return status == 0

    def _records(self, item: pytest.Item) -> bool:
        def at_line(frame: FrameType, event: str, argument: object) -> Any:
            self.users[frame.f_code.co_filename, frame.f_lineno].add(item)
            return at_line

        def at_call(frame: FrameType, event: str, argument: object) -> Any:
            code = frame.f_code
            if calls[code] < _CALLS and code.co_filename.startswith(f"{KERNEL}/"):
                calls[code] += 1
                return at_line(frame, event, argument)
            return None

        calls: Counter[CodeType] = Counter()

        sys.settrace(at_call)
        try:
            return _passed(item)
        finally:
            sys.settrace(None)

    def _users(self, path: Path, lines: range) -> list[pytest.Item]:
        return list({item for line in lines for item in self.users[str(path), line]})

    def _judged(self, mutant: Mutant, users: list[pytest.Item]) -> int:
        """0, or 2 and the number of the first test that fails."""
        _put(mutant)
        for number, item in enumerate(users):
            _seconds_at_most(1 + 2 * self.seconds[item])
            if not _passed(item):
                return min(2 + number, _MOST)
        return 0


def _passed(item: pytest.Item) -> bool:
    return all(report.passed for report in runtestprotocol(item, log=False, nextitem=None))


def _put(mutant: Mutant) -> None:
    """Give the function its changed code, wherever it has been imported to."""
    assert mutant.function
    target: Any = sys.modules[_module(mutant.path)]
    for name in mutant.function.split("."):
        target = getattr(target, name)
    target.__code__ = _code(compile(mutant.source, str(mutant.path), "exec"), mutant.function)


def _code(within: CodeType, function: str) -> CodeType:
    for constant in within.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == function:
                return constant
            if function.startswith(f"{constant.co_qualname}."):
                return _code(constant, function)
    raise AssertionError(function)


class _Report:
    def __init__(self, minutes: float) -> None:
        self.started = time.monotonic()
        self.minutes = minutes
        self.explained = explained_survivors()
        self.count = self.survivors = self.unexplained = 0

    def spent(self) -> float:
        return (time.monotonic() - self.started) / 60

    def add(self, mutant: Mutant, survives: bool) -> None:
        if self.spent() > self.minutes:
            sys.exit(f"{self.count} mutants in {self.minutes} minutes, and not all of them")
        self.count += 1
        if survives:
            known = mutant.name in self.explained
            self.survivors += 1
            self.unexplained += not known
            print("explained" if known else "SURVIVES", mutant.name, flush=True)


def main(arguments: list[str]) -> int:
    """Print the survivors; 1 if one of them is not explained."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", nargs="*")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--list", action="store_true")
    chosen = parser.parse_args(arguments)
    found = list(_chosen(chosen.files))
    if chosen.list:
        print("\n".join(mutant.name for mutant in found))
        return 0
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.chdir(HERE)
    _warm_up()
    report = _Report(chosen.minutes)
    session = _Session([mutant for mutant in found if mutant.function], report)
    assert pytest.main([*OPTIONS, *TESTS], plugins=[session]) == 0
    unchanged = Mutant(HERE / "none.py", "unchanged", "", range(0))
    assert _in_a_process(lambda: _judged_imported_anew(unchanged)) == 0
    for mutant in [*session.imported, *(mutant for mutant in found if not mutant.function)]:
        status = _in_a_process(lambda mutant=mutant: _judged_imported_anew(mutant))
        report.add(mutant, status == 0)
    print(f"{report.count} mutants, {report.survivors} survive, {report.unexplained} unexplained")
    print(f"{report.spent():.1f} minutes")
    return int(report.unexplained > 0)


def _chosen(names: Iterable[str] | None) -> Iterable[Mutant]:
    for path in sorted(KERNEL.glob("*.py")):
        if path.name not in SKIPPED and (not names or path.name in names):
            yield from mutants(path)


def explained_survivors() -> dict[str, str]:
    """The mutants of `survivors.txt`: a line each, the reason indented below."""
    found: dict[str, str] = {}
    name = ""
    for line in (HERE / "survivors.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            found[name] = f"{found[name]} {line.strip()}".strip()
        elif line and not line.startswith("#"):
            name = line
            found[name] = ""
    return found


def _warm_up() -> None:
    """Load what the tests need but the kernel, so that each mutant starts with it."""
    for name in ("_pytest.assertion.rewrite", "_pytest.python", "kernel_random"):
        importlib.import_module(name)


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main(sys.argv[1:]))
