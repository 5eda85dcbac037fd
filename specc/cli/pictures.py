"""The pictures that ``specc render`` draws, from what a file or a formula says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from specc.automata.automaton import Automaton
from specc.cli.outcome import UsageError
from specc.diagnostics import SpecError
from specc.objective import stack
from specc.objective.walk import leaves
from specc.render.picture import Picture
from specc.resolve.file import Spec, load

if TYPE_CHECKING:
    from specc.lower import Lowered

__all__ = ["automaton_of", "hasse_picture", "machine_of", "product_of"]

_MAXIMUM_STATES = 300


def hasse_picture(highlight: str | None, *, extensions: bool = False) -> Picture:
    """The preorder of the seventeen, or with the extensions too, with one formalism lit."""
    from specc.preorder import load_preorder
    from specc.render.hasse import hasse

    preorder = load_preorder(extensions=extensions)
    if highlight is not None and highlight not in preorder.formalisms:
        known = ", ".join(preorder.formalisms)
        raise UsageError(f"--highlight: no formalism `{highlight}`; there is: {known}")
    return hasse(preorder, highlight)


def automaton_of(text: str, name: str | None) -> Picture:
    """The automaton of a formula, a `.hoa` file, or the first formula of a spec."""
    from specc.render.automaton import automaton_picture

    if text.endswith(".spec"):
        spec = _spec(Path(text), name)
        return automaton_picture(_automaton(spec), f"{spec.name}: {spec.text}")
    if text.endswith(".hoa"):
        from specc.automata.hoa import read_hoa

        source = Path(text).read_text(encoding="utf-8", errors="replace")
        return automaton_picture(read_hoa(source), Path(text).name)
    from specc.automata.translate import translate
    from specc.cli.formulas import read_formula

    return automaton_picture(translate(read_formula(text), "generic"), text)


def machine_of(text: str, name: str | None) -> Picture:
    """The first reward machine that a spec reads."""
    from specc.render.machine import machine_picture

    spec = _spec(Path(text), name)
    for node in _nodes(spec):
        if isinstance(node, stack.MachineOutput):
            return machine_picture(node.machine)
    raise UsageError(f"`{spec.name}` has no reward machine")


def product_of(text: str, name: str | None) -> Picture:
    """The product of a spec's environment with the memories that the spec needs."""
    from specc.lower import lower
    from specc.model.mdp import Mdp

    spec = _spec(Path(text), name)
    if not isinstance(spec.environment, Mdp):
        raise UsageError(f"`{spec.name}` has no finite environment to draw")
    numbers = [node.trajectory for node in _nodes(spec) if isinstance(node, _LOTTERIES)]
    return _product_picture(spec, lower(spec.environment, numbers, limit=_MAXIMUM_STATES))


_LOTTERIES = (
    stack.Expectation,
    stack.Quantile,
    stack.ConditionalValueAtRisk,
    stack.Variance,
)


def _product_picture(spec: Spec, lowered: Lowered) -> Picture:
    from specc.render.product import product_picture

    mdp, built = lowered.mdp, lowered.product
    labels = [
        " ".join([mdp.states[state], *(str(memory) for memory in memories)])
        for state, memories in zip(built.state.tolist(), built.memory.tolist(), strict=True)
    ]
    sources = mdp.transition_choices()
    model = built.model
    owner = _owners(model.transition_starts.tolist())
    state_of = _owners(model.choice_starts.tolist())
    events = list(lowered.events.values())
    edges = []
    for number, target in enumerate(model.successors.tolist()):
        action = mdp.actions[int(sources[built.origin[number]])]
        marks = tuple(
            mark
            for column in events[:1]
            for mark in range(int(built.output[number, column]).bit_length())
            if int(built.output[number, column]) >> mark & 1
        )
        edges.append((state_of[owner[number]], target, action, marks))
    initial = [int(state) for state, _ in model.initial]
    return product_picture(f"{spec.name} in {spec.environment_name}", labels, edges, initial)


def _owners(starts: list[int]) -> list[int]:
    """For each item, the number of the range ``starts[n]:starts[n + 1]`` that it lies in."""
    return [
        owner for owner in range(len(starts) - 1) for _ in range(starts[owner], starts[owner + 1])
    ]


def _spec(path: Path, name: str | None) -> Spec:
    file = load(path)
    if name is not None and name in file.specs:
        return file[name]
    if file.has_errors:
        raise SpecError(file.diagnostics)
    if name is not None:
        return file[name]
    if len(file.specs) != 1:
        have = ", ".join(file.specs) or "none"
        raise UsageError(f"name one spec of {path} with --spec: {have}")
    return next(iter(file.specs.values()))


def _nodes(spec: Spec) -> Iterator[stack.Number]:
    parts: Iterable[stack.Number]
    match spec.objective:
        case stack.Scalar(number):
            parts = (number,)
        case stack.Lexicographic(numbers):
            parts = numbers
        case stack.Constrained(number, constraints):
            parts = (number, *(side for c in constraints for side in (c.left, c.right)))
    for part in parts:
        yield from leaves(part)


def _automaton(spec: Spec) -> Automaton:
    for node in _nodes(spec):
        match node:
            case stack.AutomatonSatisfaction():
                return node.automaton
            case stack.Satisfaction():
                from specc.automata.translate import translate

                return translate(node.formula, "generic")
    raise UsageError(f"`{spec.name}` has no formula")
