"""What a name means: declarations of the file, and the vocabulary of one environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NoReturn

from specc.diagnostics import Reporter
from specc.objective.stack import AutomatonSatisfaction, Guard, Machine, Number
from specc.resolve.depth import MAXIMUM_NESTING, nesting
from specc.source import Span
from specc.syntax import tree

__all__ = ["MAXIMUM_SIZE", "Meaning", "NamedDeclaration", "Scope", "Unresolved", "Vocabulary"]

MAXIMUM_SIZE = 50_000
"""Most nodes that an expression may have after every name in it is written out."""

NamedDeclaration = (
    tree.PropositionDeclaration
    | tree.RewardDeclaration
    | tree.MachineDeclaration
    | tree.MachineFile
)
"""What shares one namespace with an environment's labels."""

Meaning = Guard | Number | Machine | AutomatonSatisfaction


class Unresolved(Exception):
    """A part of an expression could not be resolved; the reason is already reported."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that an environment brings; a set that is None is open (anything goes)."""

    environment: str | None = None
    labels: frozenset[str] | None = None
    transition_labels: frozenset[str] = frozenset()
    states: frozenset[str] | None = None
    actions: frozenset[str] | None = None
    natives: frozenset[str] | None = None
    observation_size: int | None = None
    finite: bool = False


@dataclass(slots=True)
class Scope:
    """Looks names up for one environment, resolving each declaration once."""

    vocabulary: Vocabulary
    declarations: Mapping[str, NamedDeclaration]
    policies: Mapping[str, tree.PolicyDeclaration]
    reporter: Reporter
    expand: Callable[[Scope, NamedDeclaration], Meaning]
    _known: dict[str, Meaning | None] = field(default_factory=dict)
    _pending: list[str] = field(default_factory=list)
    _sizes: dict[str, int] = field(default_factory=dict)
    _levels: dict[str, int] = field(default_factory=dict)
    size: int = 0

    def declared(self, name: str, span: Span) -> Meaning | None:
        """The meaning of a declared name, or None where the file declares no such name."""
        if name not in self.declarations:
            return None
        if name in (self.vocabulary.labels or ()):
            where = f"`{self.vocabulary.environment}`"
            self.fail("E209", f"`{name}` is declared here and is also a label of {where}", span)
        if name in self._pending:
            loop = " -> ".join([*self._pending[self._pending.index(name) :], name])
            self.fail("E206", f"`{name}` is defined through itself: {loop}", span)
        if name not in self._known:
            if self._nesting(name) > MAXIMUM_NESTING:
                self.fail(
                    "E307",
                    f"with every name written out `{name}` nests more than {MAXIMUM_NESTING} "
                    "levels deep",
                    span,
                    help="name fewer rewards inside each other",
                )
            self._pending.append(name)
            outer, self.size = self.size, 0
            try:
                self._known[name] = self.expand(self, self.declarations[name])
            except Unresolved:
                self._known[name] = None
            finally:
                self._pending.pop()
                self._sizes[name] = self.size
                self.size = outer
        meaning = self._known[name]
        if meaning is None:
            raise Unresolved
        self.grow(self._sizes[name], span)
        return meaning

    def _nesting(self, name: str) -> int:
        """The levels of a declaration with every name in it written out (a name that is defined
        through itself is written out once), found without recursion."""
        pending: list[tuple[str, int | None, frozenset[str]]] = [(name, None, frozenset())]
        begun: set[str] = set()
        while pending:
            current, own, used = pending.pop()
            if own is not None:
                inner = [self._levels.get(n, 0) for n in used]
                self._levels[current] = own + max(inner, default=0)
            elif current not in begun and current not in self._levels:
                begun.add(current)
                own, names = nesting(self.declarations[current])
                used = names & self.declarations.keys()
                pending.append((current, own, used))
                pending.extend((n, None, frozenset()) for n in used)
        return self._levels[name]

    def grow(self, nodes: int, span: Span) -> None:
        """Count nodes of the expression at hand; an expansion beyond the bound is an error."""
        self.size += nodes
        if self.size > MAXIMUM_SIZE:
            self.size = 0
            self.fail(
                "E307",
                f"with every name written out this has more than {MAXIMUM_SIZE} parts",
                span,
                help="name fewer rewards inside each other",
            )

    def fail(self, code: str, message: str, span: Span, *, help: str | None = None) -> NoReturn:
        """Report and give the expression up."""
        self.reporter.report(code, message, span, help=help)
        raise Unresolved

    def unknown(
        self, code: str, what: str, name: str, known: frozenset[str], span: Span
    ) -> NoReturn:
        """Report an unknown name with what there is and the nearest of it."""
        owner = f"`{self.vocabulary.environment}`" if self.vocabulary.environment else "the file"
        names = sorted(known)
        shown = ", ".join(names[:12]) + (f", and {len(names) - 12} more" if names[12:] else "")
        nearest = get_close_matches(name, names, n=1, cutoff=0.6)
        self.reporter.report(
            code,
            f"unknown {what} `{name}`",
            span,
            label=f"{owner} has: {shown}" if names else f"{owner} has none",
            help=f"did you mean `{nearest[0]}`?" if nearest else None,
        )
        raise Unresolved
