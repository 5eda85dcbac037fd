"""Which tasks a sweep has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from operator import index
from pathlib import Path
from typing import SupportsIndex

from specc.diagnostics import SpecError
from specc.sweep.environments import Environments, overrides, variants
from specc.sweep.specs import Origin, Specs, origins
from specc.sweep.task import Task
from specc.sweep.work import Work, work_items
from specc.syntax import tree

__all__ = ["planned"]


def planned(
    specs: Specs | Iterable[Specs],
    environments: Environments,
    seeds: Iterable[int],
    work: Work | Iterable[Work],
) -> tuple[Task, ...]:
    """Every task once: by spec, environment, work, parameters, seed.

    Nothing is loaded or solved for this; texts are only parsed, functions imported.

    :raises SpecError: E951-E953, E955 what was asked for is not there or cannot be done.
    """
    changes = overrides(environments)
    items = work_items(work)
    numbers = _seeds(seeds)
    found: dict[str, Task] = {}
    for origin in origins(specs):
        for environment, variant in variants(origin, changes):
            inputs = _inputs(variant)
            for item in items:
                for seed in numbers if item.seeded else (None,):
                    task = Task(
                        file=variant.file,
                        path=variant.path,
                        text=variant.text,
                        spec=variant.spec,
                        environment=environment,
                        work=item.name,
                        function=item.function,
                        seed=seed,
                        parameters=item.parameters,
                        scheme=variant.scheme,
                        inputs=inputs,
                        refusal=variant.refusal,
                    )
                    found.setdefault(task.key, task)
    return tuple(found.values())


def _seeds(seeds: Iterable[int]) -> tuple[int, ...]:
    found = tuple(seeds) if isinstance(seeds, Iterable) else (None,)
    # NumPy's integers are integers too.
    whole = (s for s in found if isinstance(s, SupportsIndex) and not isinstance(s, bool))
    numbers = tuple(index(s) for s in whole)
    if len(numbers) < len(found):
        raise SpecError.of(
            "E955", f"`seeds` is {seeds!r}", help="it is several integers: range(5), say"
        )
    return numbers


def _inputs(origin: Origin) -> str:
    """A digest of the files that the text names: when they change, so do the tasks."""
    base = Path() if origin.path is None else Path(origin.path).parent
    digest = hashlib.sha256()
    for path in _named_files(origin.syntax):
        digest.update(path.encode("utf-8") + b"\0")
        place = base / path
        if place.is_file():
            digest.update(hashlib.sha256(place.read_bytes()).digest())
    return digest.hexdigest()


def _named_files(syntax: tree.File) -> list[str]:
    found = []
    for declaration in syntax.declarations:
        match declaration:
            case tree.EnvironmentDeclaration(definition=tree.FileEnvironment(path=path)):
                found.append(path.value)
            case tree.MachineFile(path=path) | tree.PolicyDeclaration(path=tree.Text() as path):
                found.append(path.value)
    return sorted(found)
