"""The verdicts on one spec: inference, realisers and refuters, closed under the preorder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from specc import kernel
from specc.deadline import Deadline, OutOfTime, keep_to
from specc.diagnostics import SpecError
from specc.model.mdp import Mdp
from specc.objective.infer import Inference
from specc.preorder import Preorder
from specc.resolve.file import Spec
from specc.statement import retarget
from specc.verdict.evidence import Evidence, Realisation, Refutation
from specc.verdict.question import Question
from specc.verdict.realise import REALISERS
from specc.verdict.refute import KNOWN, REFUTERS

__all__ = ["Judgement", "Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One formalism's verdict on one spec in its environment; the fields are the JSON's.

    The question is whether some spec of the formalism induces the same order of all stationary
    policies. ``trust`` is what stands behind the answer: ``inference`` (the form itself),
    ``kernel``, ``kernel + spot``, ``written proof``, ``tested`` or ``none``; ``rests_on`` names
    the theorem, the statement's SHA-256, and the lemmas with the formalism that the statement is
    then about. ``certificate`` is the path it was written to, ``translation`` a `.spec` text.
    """

    verdict: Literal["expressible", "inexpressible", "unknown"]
    relation: str
    trust: str
    rests_on: tuple[str, ...]
    why: str
    certificate: str | None
    translation: str | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """``verdicts`` by formalism, and the evidence found for the formalisms it speaks of.

    ``refutations`` has one for every inexpressible formalism. Its statement is about that
    formalism where the kernel accepts the certificate for it, else about a greater one, from
    which the lemmas in ``rests_on`` carry it down.
    """

    verdicts: Mapping[str, Verdict]
    evidence: Mapping[str, Evidence]
    refutations: Mapping[str, Refutation]


def judge(
    spec: Spec,
    inference: Inference,
    preorder: Preorder,
    wanted: Iterable[str],
    *,
    deadline: Deadline | None = None,
    seed: int = 0,
) -> Judgement:
    """The verdict of every wanted formalism.

    Only what may decide one of them is searched. Deterministic for a seed, as long as the
    deadline does not cut a search short; a verdict that was left open says so.
    """
    court = _Court(spec, inference, preorder, tuple(wanted))
    if isinstance(spec.environment, Mdp):
        court.search(Question(spec, spec.environment, seed, deadline or Deadline()))
    verdicts = {symbol: court.verdict(symbol) for symbol in court.wanted}
    return Judgement(verdicts, court.evidence, court.refutations)


class _Court:
    """What is known so far, formalism by formalism."""

    def __init__(
        self, spec: Spec, inference: Inference, preorder: Preorder, wanted: tuple[str, ...]
    ) -> None:
        self.inference, self.preorder, self.wanted = inference, preorder, wanted
        self.text = spec.text
        self.evidence: dict[str, Evidence] = {}
        self.refutations: dict[str, Refutation] = {}
        self.is_cut_short = False
        self.tried: list[str] = []

    def search(self, question: Question) -> None:
        """Realisers first (they are quick), then refuters, for what is still open."""
        try:
            with keep_to(question.deadline):
                self._realise(question)
                self._refute_all(question)
        except OutOfTime:
            pass  # what was found by then stands
        except SpecError as error:
            # A spec without a value at some policy, say: nothing is concluded from that.
            self.tried.append(error.diagnostics[0].message)
        self.is_cut_short = question.deadline.passed

    def _realise(self, question: Question) -> None:
        for realiser in REALISERS:
            if not self._missing() or question.deadline.passed:
                return
            self.tried.append(_name(realiser))
            for found in realiser(question):
                if found.formalism in self._open():
                    self.evidence[found.formalism] = found

    def _refute_all(self, question: Question) -> None:
        question.notes[KNOWN] = frozenset(s for s in self.preorder.formalisms if self._is_in(s))
        for formalisms, refuter in REFUTERS:
            for symbol in self._largest_first():
                if symbol in formalisms and self._would_help(symbol):
                    if question.deadline.passed:
                        return
                    self._refute(question, refuter(question, symbol), _name(refuter))

    def _is_in(self, symbol: str) -> bool:
        decided = self._decided(symbol)
        return isinstance(decided, str | Realisation)

    def _largest_first(self) -> list[str]:
        """One refutation of a formalism settles those below it; what is asked for comes first."""
        known, geq = self.preorder.formalisms, self.preorder.geq
        below = {s: sum(geq(s, other) is True for other in known) for s in known}
        named = self.preorder.preferred
        return sorted(known, key=lambda s: (s not in self.wanted, -below[s], s not in named))

    def _would_help(self, symbol: str) -> bool:
        """Whether refuting an open formalism would decide one that is asked for."""
        geq = self.preorder.geq
        return symbol in self._open() and any(geq(symbol, w) is True for w in self._missing())

    def _missing(self) -> tuple[str, ...]:
        """What is asked for and not decided yet."""
        return tuple(s for s in self.wanted if self._decided(s) is None)

    def _refute(self, question: Question, found: Refutation | None, name: str) -> None:
        if name not in self.tried:
            self.tried.append(name)
        if found is not None:
            self.evidence[found.formalism] = found

    def _open(self) -> tuple[str, ...]:
        """The formalisms that a search may still decide."""
        return tuple(s for s in self.preorder.formalisms if self._decided(s) is None)

    def _decided(self, symbol: str) -> Evidence | str | None:
        """What decides a formalism: evidence at it or beyond it, or the inferred formalism."""
        geq, inferred = self.preorder.geq, self.inference.formalism
        if symbol in self.evidence:
            return self.evidence[symbol]
        if geq(symbol, inferred) is True:
            return inferred
        for at, evidence in self.evidence.items():
            if isinstance(evidence, Realisation):
                if geq(symbol, at) is True:
                    return evidence
            elif geq(at, symbol) is True:
                return evidence
        return None

    def verdict(self, symbol: str) -> Verdict:
        """The verdict, with the lemmas that carry the evidence to this formalism."""
        match self._decided(symbol):
            case None:
                return self._unknown(symbol)
            case str():
                return self._inferred(symbol)
            case Realisation() as evidence:
                return self._expressible(symbol, evidence)
            case Refutation() as evidence:
                return self._inexpressible(symbol, evidence)

    def _inferred(self, symbol: str) -> Verdict:
        found = self.inference.formalism
        if symbol == found:
            why = f"the spec is written in {symbol}"
            return Verdict("expressible", "order", "inference", (), why, None, self.text)
        lemmas = self.preorder.rests_on(symbol, found)
        why = f"it is written in {found}, and {symbol} >= {found}"
        return Verdict("expressible", "order", self._trust(lemmas), lemmas, why, None, None)

    def _expressible(self, symbol: str, evidence: Realisation) -> Verdict:
        at = evidence.formalism
        lemmas = self.preorder.rests_on(symbol, at) if symbol != at else ()
        why = evidence.why if symbol == at else f"it can be said in {at} ({evidence.why})"
        rests = (f"realiser {evidence.realiser}", *lemmas)
        translation = evidence.translation if symbol == at else None
        trust = evidence.trust
        return Verdict("expressible", "order", trust, rests, why, None, translation)

    def _inexpressible(self, symbol: str, evidence: Refutation) -> Verdict:
        at = evidence.formalism
        lemmas = self.preorder.rests_on(at, symbol) if symbol != at else ()
        if lemmas and (own := _accepted(evidence, symbol)) is not None:
            lemmas, evidence = (), own
        self.refutations[symbol] = evidence
        trust = "kernel" if not lemmas else self._trust(lemmas)
        about = () if not lemmas else (f"the statement is about {at}",)
        rests = (evidence.kind, f"statement {evidence.sha256}", *about, *lemmas)
        return Verdict("inexpressible", "order", trust, rests, evidence.why, None, None)

    def _trust(self, lemmas: tuple[str, ...]) -> str:
        return "written proof" if lemmas else "inference"

    def _unknown(self, symbol: str) -> Verdict:
        found = self.inference.formalism
        tried = ", ".join(self.tried) or "nothing: the environment is not finite"
        why = f"it is written in {found}; no proof either way was found (tried: {tried})"
        if self.is_cut_short:
            why += "; the search was cut short, and a longer --budget lets it go on"
        return Verdict("unknown", "order", "none", (), why, None, None)


def _accepted(evidence: Refutation, symbol: str) -> Refutation | None:
    """The refutation of ``symbol`` by the same certificate, where the kernel accepts that too."""
    statement = retarget(evidence.statement, symbol)
    try:
        proved = kernel.check(statement.encode("ascii"), evidence.certificate.encode("ascii"))
    except kernel.KernelError:
        return None
    return replace(evidence, formalism=symbol, statement=statement, sha256=proved.sha256)


def _name(search: object) -> str:
    name = getattr(search, "__name__", type(search).__name__)
    return str(name).replace("_", " ")
