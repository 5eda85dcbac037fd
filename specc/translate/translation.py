"""``translate``: the same order in another formalism, as the text of a `.spec` file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from specc.deadline import Deadline
from specc.diagnostics import SpecError
from specc.evaluate import evaluate
from specc.evaluate.ranking import ranking
from specc.model.mdp import Mdp
from specc.model.sample import sample_policies
from specc.objective.infer import infer
from specc.preorder import Preorder, load_preorder
from specc.registry import Rule, rule, symbols
from specc.resolve.file import Spec, load_text
from specc.translate.agreement import same_value
from specc.translate.reading import shaped
from specc.translate.relocate import relocated
from specc.verdict.evidence import Realisation
from specc.verdict.judge import judge
from specc.written.file import rewritten

__all__ = ["Translated", "translate"]

_POLICIES = 12
_SECONDS = 5.0
_MOST_TRANSITIONS = 400
"""Larger environments are not compared policy by policy."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A spec of ``to`` that orders all policies as the given one does.

    ``text`` is a whole `.spec` file with this one spec; its paths are relative to the folder that
    was asked for. ``same_text`` says that the objective stands there as it was: its form is one of
    ``to`` already. ``preserves`` says what is the same, the values or the order alone;
    ``policies`` on how many policies that was compared, exactly. ``rests_on`` are lemmas, after
    the realiser where one was needed.
    """

    name: str
    environment: str | None
    to: str
    text: str
    same_text: bool
    preserves: Literal["value", "order"]
    trust: str
    rests_on: tuple[str, ...]
    why: str
    policies: int


def translate(
    spec: Spec, to: str, *, budget: float | None = 10, folder: Path | None = None
) -> Translated:
    """The spec in another formalism: along the lemmas, or by a realiser for this environment.

    ``budget`` bounds the search for a realiser, in seconds. Paths in the text are relative to
    ``folder``, by default that of the spec's file. Raises SpecError: E602 (unknown formalism),
    E931 (the language has no text for it), E932 (there is none, with the reason), E933 (not
    known).

    >>> file = load_text(
    ...     "env e = mdp { initial s; s: a -> s } spec x = E[discounted([action = a], 0.9)]"
    ... )
    >>> print(translate(file["x"], "RM").text.splitlines()[-1])
    spec x in e : RM = E[discounted(pay, 0.9)]
    """
    known = symbols(extensions=True)
    if to not in known:
        nearest = get_close_matches(to.upper(), known, n=1, cutoff=0.5)
        hint = f"did you mean `{nearest[0]}`?" if nearest else "there is: " + ", ".join(known)
        raise SpecError.of("E602", f"unknown formalism `{to}`", help=hint)
    found = _by_lemmas(spec, to) or _by_realiser(spec, to, budget)
    return _finished(spec, found, to, folder)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A spec on its way: read from a text that says it."""

    spec: Spec
    same_text: bool = True
    preserves: Literal["value", "order"] = "value"
    trust: str = "inference"
    rests_on: tuple[str, ...] = ()
    why: str = ""
    without_text: str | None = field(default=None)


def _by_lemmas(spec: Spec, to: str) -> _Draft | None:
    """Along the lemmas from the formalism that inference gives, or from an extension; None where
    no lemma leads there. Raises SpecError E931 where they lead there without a text."""
    inference = infer(spec.objective)
    if to in (inference.formalism, *inference.also):
        return _Draft(spec, why=f"it is written in {to} already")
    stuck: _Draft | None = None
    for start in (inference.formalism, *inference.also):
        # Between two of the seventeen no lemma about an extension is needed.
        preorder = load_preorder(extensions=not {to, start} <= set(symbols()))
        if preorder.geq(to, start) is True:
            draft = _climbed(_Draft(spec, why=f"it is written in {start}"), start, to, preorder)
            if draft is None:
                continue
            if draft.without_text is None:
                return draft
            stuck = stuck or draft
    if stuck is None:
        return None
    raise _no_text(spec, to, stuck)


def _climbed(draft: _Draft, start: str, to: str, preorder: Preorder) -> _Draft | None:
    """The draft carried up the lemmas; the first step without a text ends it. None where one of
    the lemmas is only stated."""
    lemmas = {lemma.id: lemma for lemma in preorder.lemmas}
    chain = preorder.rests_on(to, start)
    for name in reversed(chain):
        lemma = lemmas[name]
        named = lemma.translation.name if lemma.translation else ""
        step = rule(named, lemma.upper, lemma.lower)
        if step is None or not lemma.has_proof:
            return None
        draft = _stepped(draft, step, name)
        if draft.without_text is not None:
            return draft
    return draft


def _stepped(draft: _Draft, step: Rule, lemma: str) -> _Draft:
    moved = replace(
        draft,
        preserves=draft.preserves if step.preserves == "value" else "order",
        trust="written proof",
        rests_on=(*draft.rests_on, lemma),
        why=f"{draft.why}, and {step.upper} >= {step.lower}",
    )
    if step.same_text or shaped(draft.spec, step.upper):
        return moved
    form = step.make(draft.spec)
    if form.objective is None:
        return replace(moved, without_text=form.without_text)
    text = rewritten(draft.spec, form.objective)
    return replace(moved, spec=_read(draft.spec, text), same_text=False)


def _by_realiser(spec: Spec, to: str, budget: float | None) -> _Draft:
    """By what holds in this environment. Raises SpecError E931, E932 or E933."""
    if to not in symbols():
        raise SpecError.of(
            "E933", f"whether `{spec.name}` can be said in {to} is not known: for extensions only "
            "the lemmas are asked",
        )  # fmt: skip
    preorder = load_preorder()
    inference = infer(spec.objective)
    judgement = judge(spec, inference, preorder, (to,), deadline=Deadline.after(budget))
    verdict = judgement.verdicts[to]
    if verdict.verdict == "inexpressible":
        raise SpecError.of("E932", f"`{spec.name}` cannot be said in {to}: {verdict.why}")
    if verdict.verdict == "unknown":
        raise SpecError.of("E933", f"`{spec.name}` in {to}: {verdict.why}")
    stuck: _Draft | None = None
    for at, evidence in judgement.evidence.items():
        if isinstance(evidence, Realisation) and preorder.geq(to, at) is True:
            draft: _Draft | None = _realised(spec, evidence)
            if draft is not None and draft.without_text is None and at != to:
                draft = _climbed(draft, at, to, preorder)
            if draft is not None and draft.without_text is None:
                return draft
            stuck = stuck or draft
    raise _no_text(spec, to, stuck or _Draft(spec, without_text=verdict.why))


def _realised(spec: Spec, evidence: Realisation) -> _Draft:
    draft = _Draft(
        spec,
        preserves=evidence.preserves,
        trust=evidence.trust,
        rests_on=(f"realiser {evidence.realiser}",),
        why=evidence.why,
    )
    if evidence.translation is None:
        return replace(draft, without_text=evidence.without_text or "its realiser gives no text")
    again = _read(spec, evidence.translation)
    return replace(draft, spec=again, same_text=again.objective == spec.objective)


def _read(spec: Spec, text: str) -> Spec:
    """The spec that a text with the same paths says."""
    file = load_text(text, spec.source.name, spec.file.path)
    for diagnostic in file.diagnostics:
        if diagnostic.severity == "error":
            raise SpecError([diagnostic])
    return next(iter(file.specs.values()))


def _no_text(spec: Spec, to: str, draft: _Draft) -> SpecError:
    why = draft.without_text
    return SpecError.of(
        "E931",
        f"some {to} spec orders as `{spec.name}` does, but the language has no text for it: {why}",
    )


def _finished(spec: Spec, draft: _Draft, to: str, folder: Path | None) -> Translated:
    """The text, annotated where inference bears the annotation out, and compared."""
    inference = infer(draft.spec.objective)
    preorder = load_preorder()
    fits = to in inference.also or (
        to in preorder.formalisms and preorder.geq(to, inference.formalism) is True
    )
    annotation = to if fits else None
    text = rewritten(draft.spec, draft.spec.objective, formalism=annotation, name=spec.name)
    again = _read(spec, text)
    same = draft.same_text and again.objective == spec.objective
    compared = 0 if same else _compared(spec, again, draft.preserves)
    base = spec.file.base
    return Translated(
        name=spec.name,
        environment=spec.environment_name,
        to=to,
        text=text if folder is None else relocated(text, base, folder),
        same_text=draft.same_text,
        preserves=draft.preserves,
        trust=draft.trust,
        rests_on=draft.rests_on,
        why=draft.why,
        policies=compared,
    )


def _compared(spec: Spec, again: Spec, preserves: str) -> int:
    """On how many policies the two agree. Raises SpecError E934 where they do not."""
    mdp = spec.environment
    if not isinstance(mdp, Mdp) or mdp.transition_count > _MOST_TRANSITIONS:
        return 0
    deadline = Deadline.after(_SECONDS)
    before, after = [], []
    for policy in sample_policies(mdp, _POLICIES, seed=0):
        if deadline.passed:
            break
        try:
            before.append(evaluate(spec, policy))
            after.append(evaluate(again, policy))
        except SpecError:
            return 0  # A spec that is not evaluated exactly; the proof holds all the same.
    for i, one in enumerate(before):
        differs = preserves == "value" and not same_value(one, after[i])
        for j in range(i):
            expected = ranking(spec.objective, one, before[j])
            found = ranking(again.objective, after[i], after[j])
            differs |= None not in (expected, found) and expected != found
        if differs:
            raise SpecError.of("E934", f"the translation of `{spec.name}` differs on policy {i}")
    return len(after)
