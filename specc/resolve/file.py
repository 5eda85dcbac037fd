"""A whole file: environments, specs with their objectives, assertions, policies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from specc.diagnostics import Diagnostic, Reporter, SpecError
from specc.files import refuse_pipe
from specc.objective.stack import Objective, PolicyTerm, numbers_of
from specc.objective.walk import leaves
from specc.resolve.machines import declared_machine, machine_file
from specc.resolve.objectives import objective
from specc.resolve.scope import Meaning, NamedDeclaration, Scope, Unresolved, Vocabulary
from specc.resolve.signals import guard, signal
from specc.source import Source
from specc.syntax import tree
from specc.syntax.parse import parse

if TYPE_CHECKING:
    from specc.model.load import Environment

__all__ = ["SchemeChoice", "Spec", "TaskFile", "load", "load_text"]

_MAXIMUM_BYTES = 8_000_000

_Declared = TypeVar(
    "_Declared",
    tree.EnvironmentDeclaration,
    tree.SpecDeclaration,
    tree.PolicyDeclaration,
    NamedDeclaration,
)


@dataclass(frozen=True, slots=True)
class SchemeChoice:
    """How the probability of a formula is to be trained on: a scheme's name (see
    :mod:`specc.emit.schemes.choice`) and its parameter ``zeta`` in (0, 1)."""

    name: str = "auto"
    zeta: Fraction = Fraction(99, 100)


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """A named objective in an environment (None: the file names none, or it did not load)."""

    name: str
    declaration: tree.SpecDeclaration
    objective: Objective
    environment_name: str | None
    environment: Environment | None
    file: TaskFile = field(repr=False)
    scheme: SchemeChoice = SchemeChoice()

    @property
    def source(self) -> Source:
        """The text that the spans of the objective point into."""
        return self.file.source

    @property
    def text(self) -> str:
        """The right-hand side as written, on one line."""
        return " ".join(self.source.slice(self.declaration.expression.span).split())


@dataclass(slots=True, eq=False)
class TaskFile:
    """What a `.spec` file says, as far as it could be understood.

    ``diagnostics`` holds everything found; ``specs`` only those without an error.
    """

    path: Path | None
    source: Source
    syntax: tree.File
    environments: Mapping[str, Environment | None]
    policies: Mapping[str, tree.PolicyDeclaration]
    specs: Mapping[str, Spec]
    assertions: tuple[tree.Assertion, ...]
    diagnostics: tuple[Diagnostic, ...]

    def __getitem__(self, name: str) -> Spec:
        """The spec of that name; raises SpecError where the file has no such sound spec."""
        if name not in self.specs:
            have = ", ".join(self.specs) or "none"
            raise SpecError.of("E210", f"no spec `{name}` in {self.source.name}; there is: {have}")
        return self.specs[name]

    @property
    def base(self) -> Path:
        """The folder that paths in the file are relative to."""
        return self.path.parent if self.path else Path()

    @property
    def has_errors(self) -> bool:
        """Whether anything in the file is wrong."""
        return any(d.severity == "error" for d in self.diagnostics)


def load(path: str | Path) -> TaskFile:
    """Read a `.spec` file. Raises OSError where the path cannot be read; mistakes in the file
    are in ``diagnostics``."""
    path = Path(path)
    with path.open("rb") as stream:
        data = stream.read(_MAXIMUM_BYTES + 1)
    if len(data) > _MAXIMUM_BYTES:
        return _unreadable(path, f"the file is over {_MAXIMUM_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _unreadable(path, f"the file is not UTF-8 (byte {error.start})")
    return load_text(text, name=str(path), path=path)


def _unreadable(path: Path, message: str) -> TaskFile:
    source = Source(str(path), "")
    diagnostic = Diagnostic("E200", message, source)
    return TaskFile(path, source, tree.File(()), {}, {}, {}, (), (diagnostic,))


def load_text(text: str, name: str = "<text>", path: Path | None = None) -> TaskFile:
    """The same for a text at hand; paths in it are relative to ``path``'s folder.

    >>> file = load_text("spec hold = P[G safe]")
    >>> list(file.specs), file.diagnostics
    (['hold'], ())
    """
    source = Source(name, text)
    syntax, diagnostics = parse(source)
    reporter = Reporter(source)
    reporter.extend(diagnostics)
    file = TaskFile(path, source, syntax, {}, {}, {}, (), ())
    _Loader(file, reporter).run()
    return file


class _Loader:
    """Fills a :class:`TaskFile`, declaration by declaration."""

    def __init__(self, file: TaskFile, reporter: Reporter) -> None:
        self.file = file
        self.reporter = reporter
        self.names: dict[str, NamedDeclaration] = {}
        self.policies: dict[str, tree.PolicyDeclaration] = {}
        self.environments: dict[str, Environment | None] = {}
        self.scopes: dict[str | None, Scope] = {}
        self.declared: dict[str, tree.EnvironmentDeclaration] = {}

    def run(self) -> None:
        """Environments and names first, then specs: a use may stand before its declaration."""
        specs: dict[str, tree.SpecDeclaration] = {}
        assertions: list[tree.Assertion] = []
        declared = self.declared
        for item in self.file.syntax.declarations:
            match item:
                case tree.EnvironmentDeclaration():
                    self._once(declared, item, "environment")
                case tree.SpecDeclaration():
                    self._once(specs, item, "spec")
                case tree.PolicyDeclaration():
                    self._once(self.policies, item, "policy")
                case tree.Assertion():
                    assertions.append(item)
                case _:
                    self._once(self.names, item, "name")
        for name, declaration in declared.items():
            self.environments[name] = self._environment(declaration)
        self.file.environments = self.environments
        self.file.policies = self.policies
        self.file.assertions = tuple(assertions)
        self.file.specs = {
            name: spec for name, item in specs.items() if (spec := self._spec(item)) is not None
        }
        self._unused()
        self._claims(specs)
        self.file.diagnostics = _in_order(self.reporter.diagnostics)

    def _once(self, table: dict[str, _Declared], item: _Declared, kind: str) -> None:
        name = item.name
        if name.value in table:
            first = table[name.value].name.span
            self.reporter.report(
                "E209",
                f"{kind} `{name.value}` is declared twice",
                name.span,
                secondary=((first, "first declared here"),),
            )
            return
        table[name.value] = item

    def _environment(self, declaration: tree.EnvironmentDeclaration) -> Environment | None:
        from specc.model.load import load_environment

        return load_environment(declaration, self.file.source, self.file.base, self.reporter)

    def _scope(self, environment: str | None) -> Scope:
        if environment not in self.scopes:
            model = self.environments.get(environment) if environment else None
            vocabulary = _vocabulary(environment, model)
            if environment in self.declared and model is None:
                vocabulary = _written_vocabulary(self.declared[environment])
            self.scopes[environment] = Scope(
                vocabulary,
                self.names,
                self.policies,
                self.reporter,
                self._expand,
            )
        return self.scopes[environment]

    def _expand(self, scope: Scope, declaration: NamedDeclaration) -> Meaning:
        match declaration:
            case tree.PropositionDeclaration(_, expression):
                return guard(scope, expression)
            case tree.RewardDeclaration(_, expression):
                return signal(scope, expression)
            case tree.MachineDeclaration():
                return declared_machine(scope, declaration)
            case tree.MachineFile():
                try:
                    return machine_file(scope, declaration, self.file.base)
                except SpecError as error:
                    self.reporter.extend(_placed(error, self.file.source, declaration))
                    raise Unresolved from None

    def _spec(self, declaration: tree.SpecDeclaration) -> Spec | None:
        name = declaration.environment.value if declaration.environment else None
        if name is None and len(self.environments) == 1:
            name = next(iter(self.environments))
        if declaration.environment and name not in self.environments:
            if self._was_written(declaration.environment.value):
                return None
            scope = self._scope(None)
            try:
                scope.unknown(
                    "E211",
                    "environment",
                    declaration.environment.value,
                    frozenset(self.environments),
                    declaration.environment.span,
                )
            except Unresolved:
                return None
        before = len(self.reporter.diagnostics)
        scope = self._scope(name)
        scope.size = 0
        try:
            resolved = objective(scope, declaration.expression)
        except Unresolved:
            return None
        if any(d.severity == "error" for d in self.reporter.diagnostics[before:]):
            return None
        model = self.environments.get(name) if name else None
        if not self._references_read(resolved, model):
            return None
        return Spec(declaration.name.value, declaration, resolved, name, model, self.file)

    def _references_read(self, resolved: Objective, model: Environment | None) -> bool:
        """Whether the policy files that `kl(...)` compares with can be read for this model."""
        nodes = (n for number in numbers_of(resolved) for n in leaves(number))
        names = dict.fromkeys(n.reference for n in nodes if isinstance(n, PolicyTerm))
        if not names or model is None:
            return True
        from specc.model.mdp import Mdp
        from specc.model.policy_file import read_policy

        for name in names:
            policy = self.policies.get(name or "")
            if policy is None or policy.path is None or not isinstance(model, Mdp):
                continue
            path, span = policy.path.value, policy.path.span
            try:
                refuse_pipe(self.file.base / path)
                read_policy(self.file.base / path, model)
            except OSError as error:
                reason = error.strerror or "not readable"
                self.reporter.report("E212", f"cannot read `{path}`: {reason}", span)
                return False
            except SpecError as error:
                for found in error.diagnostics:
                    self.reporter.report(found.code, found.message, span, help=found.help)
                return False
        return True

    def _was_written(self, environment: str) -> bool:
        """Whether the text declares the environment, in words that could not be parsed."""
        return re.search(rf"\benv\s+{re.escape(environment)}\b", self.file.source.text) is not None

    def _unused(self) -> None:
        """Check declarations that no spec used, so that their mistakes are shown too."""
        names: list[str | None] = [*self.environments] or [None]
        for name, declaration in self.names.items():
            if any(name in scope._known for scope in self.scopes.values()):
                continue
            first = next(
                (n for n in names if n is None or self.environments.get(n) is not None), None
            )
            try:
                self._scope(first).declared(name, declaration.span)
            except Unresolved:
                continue

    def _claims(self, specs: Mapping[str, tree.SpecDeclaration]) -> None:
        for assertion in self.file.assertions:
            match assertion.claim:
                case tree.Membership(spec) | tree.ValueComparison(spec):
                    used = [spec]
                case tree.OrderEquality(left, right):
                    used = [left, right]
            for text in used:
                if text.value not in specs:
                    try:
                        self._scope(None).unknown(
                            "E210", "spec", text.value, frozenset(specs), text.span
                        )
                    except Unresolved:
                        continue


def _in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By place, each once: a declaration used in two environments may report twice."""
    unique = list(dict.fromkeys(diagnostics))
    return tuple(sorted(unique, key=lambda d: d.span.start if d.span else -1))


def _placed(error: SpecError, source: Source, declaration: tree.MachineFile) -> list[Diagnostic]:
    span = declaration.path.span
    return [
        Diagnostic(d.code, f"{declaration.path.value}: {d.message}", source, span, d.help)
        for d in error.diagnostics
    ]


def _written_vocabulary(declaration: tree.EnvironmentDeclaration) -> Vocabulary:
    """The names that a written environment declares, where it could not be built: its mistakes
    must not hide others."""
    name, definition = declaration.name.value, declaration.definition
    match definition:
        case tree.GridEnvironment(_, legend, actions):
            labels = {entry.proposition.value for entry in legend} | {"wall", "start"}
            return Vocabulary(
                environment=name,
                labels=frozenset(labels),
                actions=frozenset(action.value for action in actions),
                natives=frozenset(),
                observation_size=0,
                finite=True,
            )
        case tree.MdpEnvironment(_, transitions, labels_written):
            return Vocabulary(
                environment=name,
                labels=frozenset(label.proposition.value for label in labels_written),
                actions=frozenset(t.action.value for t in transitions),
                natives=frozenset(),
                observation_size=0,
                finite=True,
            )
        case _:
            return Vocabulary(environment=name)


def _vocabulary(name: str | None, model: Environment | None) -> Vocabulary:
    if model is None:
        return Vocabulary(environment=name)
    from specc.model.mdp import Mdp

    if not isinstance(model, Mdp):
        return Vocabulary(environment=name)
    transition_labels = frozenset(n for n, v in model.labels.items() if v.on == "transition")
    size = 0 if model.observations is None else int(model.observations.shape[1])
    return Vocabulary(
        environment=name,
        labels=frozenset(model.labels),
        transition_labels=transition_labels,
        states=frozenset(model.states),
        actions=frozenset(model.actions),
        natives=frozenset(model.rewards),
        observation_size=size,
        finite=True,
    )
