"""The functions that ``import specc`` offers; results are frozen dataclasses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.diagnostics import SpecError
from specc.resolve.file import Spec, TaskFile
from specc.resolve.file import load as load_file

if TYPE_CHECKING:
    from specc.check import SpecCheck
    from specc.compare import Comparison
    from specc.emit.schemes.choice import SchemeName
    from specc.emit.wrapper import Observe
    from specc.evaluate import Evaluation
    from specc.evaluate.run import AnyPolicy
    from specc.lint.finding import Finding
    from specc.model.policy import MemoryPolicy
    from specc.optimise import SolveResult
    from specc.preorder import Preorder
    from specc.sweep.environments import Environments
    from specc.sweep.result import Sweep
    from specc.sweep.specs import Specs
    from specc.sweep.sweep import Backend
    from specc.sweep.work import Work
    from specc.translate.translation import Translated

__all__ = [
    "check",
    "compare",
    "compile",
    "evaluate",
    "learned_policy",
    "lint",
    "load",
    "preorder",
    "relabel",
    "solve",
    "sweep",
    "translate",
    "wrap",
    "wrap_mo",
    "wrap_pettingzoo",
    "wrap_vector",
]


def load(path: str | Path) -> TaskFile:
    """Read a `.spec` file; ``file["name"]`` is a spec, ``file.diagnostics`` what is wrong.

    Raises OSError where the path cannot be read.
    """
    return load_file(path)


def check(
    spec: Spec,
    *,
    against: Iterable[str] | None = None,
    budget: float | None = None,
    seed: int = 0,
) -> SpecCheck:
    """The formalism that the spec needs and why, in which others its order can or cannot be said,
    how it is solved and trained.

    ``against`` limits the verdicts to these formalisms, ``budget`` is seconds of search (default:
    4), ``seed`` makes it repeatable. Raises SpecError, and ValueError for an unknown formalism.
    """

    from specc.check import check_spec
    from specc.registry import symbols

    wanted = None if against is None else tuple(against)
    if unknown := set(wanted or ()) - set(symbols()):
        raise ValueError(f"no formalism {min(unknown)}; there is: {', '.join(symbols())}")
    return check_spec(spec, against=wanted, budget=budget, seed=seed)


def compare(a: Spec, b: Spec, *, budget: float | None = None) -> Comparison:
    """Whether two specs of one environment rank all stationary policies alike, and whether one
    policy is optimal for both; else two policies that tell them apart, with exact values.

    ``budget`` is seconds of search (default: 20). Raises SpecError for different environments.
    """
    from specc.compare import compare as compare_specs

    return compare_specs(a, b, budget=budget)


def solve(
    spec: Spec,
    *,
    minimise: bool = False,
    exact: bool = False,
    precision: Fraction = Fraction(1, 10**6),
) -> SolveResult:
    """The optimum over all policies, enclosed within ``precision``, and a policy that attains it.

    ``exact`` asks for the optimum as a rational. Raises SpecError where it is not decided.
    """
    from specc.optimise import solve as optimise

    return optimise(spec, minimise=minimise, exact=exact, precision=precision)


def evaluate(spec: Spec, policy: AnyPolicy | str | Path) -> Evaluation:
    """The exact value of the spec under a policy: a policy, ``"uniform"``, or the path of a
    policy file. Raises SpecError, and OSError where the path cannot be read."""
    from specc.evaluate import evaluate as value

    if isinstance(policy, str | Path):
        policy = _policy(spec, str(policy))
    return value(spec, policy)


def _policy(spec: Spec, text: str) -> AnyPolicy:
    from specc.model.mdp import Mdp
    from specc.model.policy import uniform
    from specc.model.policy_file import read_policy

    if not isinstance(spec.environment, Mdp):
        raise SpecError.of("E710", f"`{spec.name}` has no finite environment to be evaluated in")
    return (
        uniform(spec.environment)
        if text == "uniform"
        else read_policy(Path(text), spec.environment)
    )


def lint(spec: Spec) -> tuple[Finding, ...]:
    """What can be held against the spec's reward machines: ways to be paid for what is not wanted,
    each with a run that shows it, and letters on which edges overlap or none matches.

    See :func:`specc.lint.lint.lint`.
    """
    from specc.lint.lint import lint as judge

    return judge(spec)


def translate(spec: Spec, to: str, *, budget: float | None = 10) -> Translated:
    """The same order in another formalism; ``text`` of the result is a whole `.spec` file.

    ``budget`` bounds the search in seconds. Raises SpecError: the formalism is unknown, has no
    text for it, cannot say it, or it is not known.
    """
    from specc.translate.translation import translate as translated

    return translated(spec, to, budget=budget)


def compile(
    spec: Spec,
    backend: str = "numba",
    *,
    scheme: SchemeName | None = None,
    zeta: Fraction | float | str | None = None,
) -> Any:
    """A reward kernel of the spec. ``scheme`` and ``zeta`` as in :func:`wrap`. Raises SpecError
    where it has none."""
    from specc.emit.compiled import compile_spec as emit

    return emit(_with_scheme(spec, scheme, zeta), backend=backend)


def wrap(
    env: Any,
    spec: Spec,
    labels: Any = None,
    observe: Observe = "none",
    *,
    scheme: SchemeName | None = None,
    zeta: Fraction | float | str | None = None,
) -> Any:
    """The Gymnasium environment with the spec's reward in place of its own.

    ``observe`` ("index", "onehot" or "dict") adds the reward's memory to the observation.
    ``scheme`` ("exact", "gadget", "two-discounts" or "average") says how the probability of a
    formula is paid, ``zeta`` in (0, 1) the parameter of the two in the middle; by default specc
    chooses. Raises SpecError. See :func:`specc.emit.wrapped.wrap`.
    """
    from specc.emit.wrapped import wrap as emit

    return emit(env, _with_scheme(spec, scheme, zeta), labels, observe)


def _with_scheme(
    spec: Spec, scheme: SchemeName | None, zeta: Fraction | float | str | None
) -> Spec:
    """The spec with that choice; without one, its own."""
    if scheme is None and zeta is None:
        return spec
    from specc.emit.schemes.choice import with_scheme

    return with_scheme(spec, scheme or "auto", zeta)


def wrap_vector(
    envs: Any,
    spec: Spec,
    labels: Any = None,
    observe: Observe = "none",
    *,
    scheme: SchemeName | None = None,
    zeta: Fraction | float | str | None = None,
) -> Any:
    """The Gymnasium vector environment with the spec's reward in place of its own.

    Labels answer for all environments at once; the rest is as in :func:`wrap`. Raises SpecError.
    See :func:`specc.emit.vector.wrap_vector`.
    """
    from specc.emit.vector import wrap_vector as emit

    return emit(envs, _with_scheme(spec, scheme, zeta), labels, observe)


def wrap_mo(
    env: Any,
    spec: Spec,
    labels: Any = None,
    observe: Observe = "none",
    rewards: Mapping[str, int] | None = None,
    *,
    scheme: SchemeName | None = None,
    zeta: Fraction | float | str | None = None,
) -> Any:
    """The Gymnasium environment with a vector of rewards, one per mean inside the objective, for
    learners of several objectives; ``rewards`` names those that the environment pays itself.

    ``scheme`` and ``zeta`` are for the formulas among the means. Raises SpecError. See
    :func:`specc.emit.mo.wrap_mo`.
    """
    from specc.emit.mo import wrap_mo as emit

    return emit(env, _with_scheme(spec, scheme, zeta), labels, observe, rewards)


def wrap_pettingzoo(
    env: Any,
    specs: Spec | Mapping[Any, Spec],
    labels: Any = None,
    observe: Observe = "none",
    *,
    scheme: SchemeName | None = None,
    zeta: Fraction | float | str | None = None,
) -> Any:
    """The PettingZoo environment, parallel or turn by turn, in which every agent is paid by a spec:
    one for all, or a mapping. ``scheme`` and ``zeta`` as in :func:`wrap`, for all specs. Raises
    SpecError. See :func:`specc.emit.agents_wrapped.wrap_pettingzoo`.
    """
    from specc.emit.agents_wrapped import wrap_pettingzoo as emit

    if isinstance(specs, Spec):
        specs = _with_scheme(specs, scheme, zeta)
    else:
        specs = {agent: _with_scheme(spec, scheme, zeta) for agent, spec in specs.items()}
    return emit(env, specs, labels, observe)


def relabel(
    buffer: Any,
    spec: Spec,
    labels: Any = None,
    *,
    scheme: SchemeName | None = None,
    zeta: Fraction | float | str | None = None,
    **options: Any,
) -> Any:
    """The spec's rewards of stored transitions: arrays, or a buffer of Stable-Baselines3 or
    TorchRL, which then holds them. ``scheme`` and ``zeta`` as in :func:`wrap`. Raises SpecError.
    See :func:`specc.emit.relabel.relabel`.
    """
    from specc.emit.relabel import relabel as emit

    return emit(buffer, _with_scheme(spec, scheme, zeta), labels, **options)


def learned_policy(env: Any, choose: Callable[[Any], Any]) -> MemoryPolicy:
    """What a learner learned, as an exact policy that :func:`evaluate` values: ``choose`` maps the
    observations of all states and memories of the wrapped environment to actions, or to
    probabilities. Raises SpecError. See :func:`specc.emit.learned.learned_policy`.
    """
    from specc.emit.learned import learned_policy as read

    return read(env, choose)


def sweep(
    specs: Specs | Iterable[Specs],
    environments: Environments = None,
    seeds: Iterable[int] = (0,),
    work: Work | Iterable[Work] = ("check", "solve"),
    out: str | Path | None = None,
    workers: int | None = None,
    backend: Backend = "processes",
    *,
    timeout: float | None = None,
    retries: int = 0,
    resume: bool = True,
    retry_failed: bool = False,
    memory: int | None = None,
) -> Sweep:
    """Check, solve and train many specs, in many environments, for many seeds, in processes or on
    Ray; rows of results go to a file, and a second call goes on where the first one ended.

    Raises SpecError before any work where the call is wrong; tasks that fail are rows. See
    :func:`specc.sweep.sweep.sweep`.
    """
    from specc.sweep.sweep import sweep as run

    return run(
        specs,
        environments,
        seeds,
        work,
        out,
        workers,
        backend,
        timeout=timeout,
        retries=retries,
        resume=resume,
        retry_failed=retry_failed,
        memory=memory,
    )


def preorder() -> Preorder:
    """How the seventeen formalisms relate, as far as the lemmas say.

    >>> preorder().geq("FTR", "LTL")
    True
    """
    from specc.preorder import load_preorder

    return load_preorder()
