"""Reward machines as pictures."""

from __future__ import annotations

from fractions import Fraction

from specc.objective.stack import Constant, Machine, MachineStep
from specc.render.graph import picture
from specc.render.labelled import Edge, Graph, Node
from specc.render.picture import Picture
from specc.syntax.show import show
from specc.written.unparse import guard_tree, number_tree

__all__ = ["machine_picture"]


def machine_picture(machine: Machine) -> Picture:
    """The machine; an edge shows its guard and, where it pays, ``/`` and what it pays."""
    edges = [Edge(step.source, step.target, _label(step)) for step in machine.steps]
    caption = "where no edge matches, it stays and pays 0"
    if machine.otherwise is not None:
        caption = "the first edge that matches is taken"
        edges += [
            Edge(state, machine.otherwise, "otherwise")
            for state in range(len(machine.states))
            if state not in machine.final
        ]
    nodes = tuple(Node(name, number in machine.final) for number, name in enumerate(machine.states))
    return picture(Graph(f"machine {machine.name}", caption, nodes, tuple(edges), (0,)))


def _label(step: MachineStep) -> str:
    guard = show(guard_tree(step.guard))
    silent = isinstance(step.emit, Constant) and step.emit.value == Fraction(0)
    return guard if silent else f"{guard} / {show(number_tree(step.emit))}"
