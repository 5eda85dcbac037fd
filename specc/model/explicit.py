"""``mdp { ... }``: transitions and labels written out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from specc.diagnostics import Reporter
from specc.model.mdp import Mdp, MdpBuilder
from specc.model.nearest import did_you_mean, some_of
from specc.syntax import tree

__all__ = ["explicit_mdp"]

_Outcomes = Sequence[tuple[tree.Number, tree.Text]]
_Steps = dict[tuple[str, str], tree.MdpTransition]


def explicit_mdp(name: str, written: tree.MdpEnvironment, reporter: Reporter) -> Mdp | None:
    """The MDP as written, or None after a reported mistake (E401-E406).

    States with transitions come first, in their order, then those that are only targets; a state
    without actions gets a self-loop `stay` and W401. Unreachable states stay.
    """
    errors = _error_count(reporter)
    builder = MdpBuilder(name)
    for transition in written.transitions:
        builder.state(transition.state.value)
    steps = _add_transitions(builder, written, reporter)
    _add_labels(builder, written.labels, steps, reporter)
    known = _known_states(written)
    _known_items([state for _, state in written.initial], known, reporter)
    _check_distribution(written.initial, "the initial probabilities", reporter)
    if _error_count(reporter) > errors:
        return None
    places = {target.value: target.span for t in written.transitions for _, target in t.outcomes}
    for dead in builder.deadlocks():
        reporter.report(
            "W401",
            f"state `{dead}` has no action; it gets `{dead}: stay -> {dead}`",
            places[dead],
            help=f"write `{dead}: stay -> {dead}` if it is meant to stay there",
        )
    return builder.build([(state.value, p.value) for p, state in _summed(written.initial)])


def _error_count(reporter: Reporter) -> int:
    return sum(d.severity == "error" for d in reporter.diagnostics)


def _summed(outcomes: _Outcomes) -> list[tuple[tree.Number, tree.Text]]:
    sums: dict[str, Fraction] = {}
    for probability, state in outcomes:
        sums[state.value] = sums.get(state.value, Fraction(0)) + probability.value
    return [(tree.Number(p), tree.Text(state)) for state, p in sums.items()]


def _known_states(written: tree.MdpEnvironment) -> dict[str, None]:
    known = dict.fromkeys(t.state.value for t in written.transitions)
    known.update(dict.fromkeys(s.value for t in written.transitions for _, s in t.outcomes))
    return known


def _check_state(state: tree.Text, known: dict[str, None], reporter: Reporter) -> bool:
    if state.value in known:
        return True
    reporter.report(
        "E403",
        f"unknown state `{state.value}`",
        state.span,
        label=f"the states are: {some_of(known)}" if known else "there are no transitions",
        help=did_you_mean(state.value, known)
        or f"give it a transition, for example `{state.value}: stay -> {state.value}`",
    )
    return False


def _known_items(states: Sequence[tree.Text], known: dict[str, None], reporter: Reporter) -> int:
    """How many are known; every unknown one is reported."""
    return sum([_check_state(state, known, reporter) for state in states])


def _check_distribution(outcomes: _Outcomes, what: str, reporter: Reporter) -> None:
    for probability, _ in outcomes:
        if probability.value <= 0:
            reporter.report(
                "E404",
                f"a probability must be positive, this one is {probability.value}",
                probability.span,
                help="leave out outcomes that never happen",
            )
            return
    total = sum((p.value for p, _ in outcomes), Fraction(0))
    if total != 1 and outcomes:
        span = outcomes[0][0].span.to(outcomes[-1][1].span)
        side = "less" if total < 1 else "more"
        reporter.report(
            "E401",
            f"{what} sum to {total}, not to 1",
            span,
            label=f"{abs(1 - total)} {side} than 1",
            help="probabilities are exact: write 1/3, not 0.333",
        )


def _add_transitions(
    builder: MdpBuilder, written: tree.MdpEnvironment, reporter: Reporter
) -> _Steps:
    steps: _Steps = {}
    for transition in written.transitions:
        state, action = transition.state, transition.action
        earlier = steps.setdefault((state.value, action.value), transition)
        if earlier is not transition:
            reporter.report(
                "E402",
                f"state `{state.value}` has the action `{action.value}` twice",
                action.span,
                help="give the second another name, or join them: `a -> 1/2 s + 1/2 t`",
                secondary=((earlier.action.span, "first here"),),
            )
            continue
        what = f"the probabilities of `{action.value}` in `{state.value}`"
        _check_distribution(transition.outcomes, what, reporter)
        outcomes = [(target.value, p.value) for p, target in transition.outcomes]
        builder.add(state.value, action.value, outcomes)
    return steps


def _add_labels(
    builder: MdpBuilder,
    labels: tuple[tree.MdpLabel, ...],
    steps: _Steps,
    reporter: Reporter,
) -> None:
    known = dict.fromkeys(state for state, _ in steps)
    targets = (s.value for t in steps.values() for _, s in t.outcomes)
    known.update(dict.fromkeys(targets))
    kinds: dict[str, tuple[int, tree.MdpLabel]] = {}
    for label in labels:
        proposition = label.proposition.value
        for item in label.items:
            size, first = kinds.setdefault(proposition, (len(item), label))
            if size != len(item):
                reporter.report(
                    "E406",
                    f"`{proposition}` labels both states and transitions",
                    label.span,
                    help="use two names; `prop` can join them: prop p = p1 | p2",
                    secondary=((first.span, "first here"),),
                )
            elif _known_items(item[::2], known, reporter) < len(item[::2]):
                continue
            elif len(item) == 1:
                builder.label_state(proposition, item[0].value)
            elif _check_transition(item, steps, reporter):
                builder.label_transition(proposition, *(part.value for part in item))


def _check_transition(item: tuple[tree.Text, ...], steps: _Steps, reporter: Reporter) -> bool:
    state, action, target = item
    step = steps.get((state.value, action.value))
    if step is not None and target.value in {s.value for _, s in step.outcomes}:
        return True
    actions = [a for s, a in steps if s == state.value]
    if step is None:
        there = f"`{state.value}` has the actions: {some_of(actions)}" if actions else "no actions"
        hint = did_you_mean(action.value, actions)
    else:
        there = f"it leads to: {some_of(dict.fromkeys(s.value for _, s in step.outcomes))}"
        hint = did_you_mean(target.value, [s.value for _, s in step.outcomes])
    reporter.report(
        "E405",
        f"there is no transition `{state.value} {action.value} {target.value}`",
        state.span.to(target.span),
        label=there,
        help=hint,
    )
    return False
