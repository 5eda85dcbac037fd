"""The preorder of formalisms, derived from the base lemmas and from nothing else.

``X >= Y`` iff for every environment, every order of the policies that some Y spec induces is
induced by some X spec. Positive lemmas are closed under reflexivity and transitivity; a negative
one, X not>= Y, spreads to every X' <= X and Y' >= Y, since otherwise X >= X' >= Y' >= Y. This
closure is complete: what it leaves undecided, the lemmas do not decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from specc.lemma import Lemma, Status, packaged_lemmas
from specc.registry import all_formalisms, symbols

__all__ = ["Preorder", "derive", "load_preorder"]

Pair = tuple[str, str]

_STATUSES: tuple[Status, ...] = ("failed", "stated", "checked")


@dataclass(frozen=True, slots=True)
class Preorder:
    """What the lemmas say of every pair of ``formalisms``.

    Bit j of ``above_bits[i]`` says formalisms[i] >= formalisms[j]; of ``refuted_bits[i]``, that
    this is false. ``lemmas`` are those between the formalisms listed. ``preferred`` are the
    symbols that stand for their class where a choice exists.
    """

    formalisms: tuple[str, ...]
    lemmas: tuple[Lemma, ...]
    preferred: frozenset[str]
    above_bits: tuple[int, ...]
    refuted_bits: tuple[int, ...]

    def geq(self, upper: str, lower: str) -> bool | None:
        """Whether ``upper >= lower``; None if undecided or contradictory.

        Raises KeyError for an unknown formalism.

        >>> load_preorder().geq("FTR", "LTL"), load_preorder().geq("RM", "LTL")
        (True, False)
        """
        row, column = self._index(upper), self._index(lower)
        holds = bool(self.above_bits[row] >> column & 1)
        fails = bool(self.refuted_bits[row] >> column & 1)
        return None if holds == fails else holds

    def above(self, symbol: str) -> tuple[str, ...]:
        """Every formalism known to be >= this one, itself included, in the order of the list."""
        return tuple(other for other in self.formalisms if self.geq(other, symbol) is True)

    def below(self, symbol: str) -> tuple[str, ...]:
        """Every formalism known to be <= this one, itself included, in the order of the list."""
        return tuple(other for other in self.formalisms if self.geq(symbol, other) is True)

    @property
    def undecided(self) -> tuple[Pair, ...]:
        """Pairs (upper, lower) that the lemmas say nothing of."""
        return self._pairs_where(holds=False, fails=False)

    @property
    def contradictions(self) -> tuple[Pair, ...]:
        """Pairs (upper, lower) that the lemmas both prove and refute."""
        return self._pairs_where(holds=True, fails=True)

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """The equivalence classes, each with its representative first, by their first member."""
        found: list[tuple[str, ...]] = []
        placed: set[str] = set()
        for symbol in self.formalisms:
            if symbol in placed:
                continue
            # A contradiction may reach even X >= X: a formalism is in its own class all the same.
            members = [
                other
                for other in self.formalisms
                if other == symbol
                or (self.geq(symbol, other) is True and self.geq(other, symbol) is True)
            ]
            placed.update(members)
            found.append(tuple(sorted(members, key=lambda member: member not in self.preferred)))
        return tuple(found)

    def representative(self, symbol: str) -> str:
        """The symbol that stands for the class of this formalism.

        >>> load_preorder().representative("OMO")
        'TLO'
        """
        self._index(symbol)
        return next(members[0] for members in self.classes if symbol in members)

    @property
    def covers(self) -> tuple[Pair, ...]:
        """The covering edges (upper, lower) between classes: the lines of the Hasse diagram."""
        heads = [members[0] for members in self.classes]
        strict = {
            head: [other for other in heads if other != head and self.geq(head, other) is True]
            for head in heads
        }
        return tuple(
            (head, other)
            for head in heads
            for other in strict[head]
            if not any(other in strict[middle] for middle in strict[head])
        )

    def rests_on(self, upper: str, lower: str) -> tuple[str, ...]:
        """The ids of a shortest chain of lemmas that decides the pair, in logical order.

        Empty where the pair is reflexive or undecided; for a contradictory pair, the chain that
        proves it followed by the chain that refutes it.

        >>> load_preorder().rests_on("FTR", "MR")
        ('ftr-geq-rm', 'rm-geq-mr')
        """
        row, column = self._index(upper), self._index(lower)
        holds = self.above_bits[row] >> column & 1
        fails = self.refuted_bits[row] >> column & 1
        proof = _ascent(self.lemmas, upper, lower) if holds else ()
        return proof + (_refutation(self.lemmas, upper, lower) if fails else ())

    def status(self, upper: str, lower: str) -> str:
        """How far the answer to the pair can be trusted.

        ``undecided``, ``contradictory``, ``definition`` (X >= X), else the weakest status of the
        lemmas that it rests on.
        """
        if self.geq(upper, lower) is None:
            return "contradictory" if (upper, lower) in self.contradictions else "undecided"
        statuses = {lemma.id: lemma.status for lemma in self.lemmas}
        used = [statuses[name] for name in self.rests_on(upper, lower)]
        return min(used, key=_STATUSES.index) if used else "definition"

    def trust(self, upper: str, lower: str) -> str | None:
        """What stands behind the answer to the pair.

        ``definition`` (X >= X), ``kernel``, ``written proof``, both joined by `` + ``, or the
        status of a lemma that was not checked (``stated``, ``failed``); None where undecided.
        """
        status = self.status(upper, lower)
        if status != "checked":
            return status if status in (*_STATUSES, "definition") else None
        trusts = {lemma.id: lemma.trust or "" for lemma in self.lemmas}
        return " + ".join(sorted({trusts[name] for name in self.rests_on(upper, lower)}))

    def has_proof(self, upper: str, lower: str) -> bool:
        """Whether every lemma that the pair rests on has a proof in its file."""
        named = {lemma.id: lemma for lemma in self.lemmas}
        return all(named[name].has_proof for name in self.rests_on(upper, lower))

    @property
    def redundant(self) -> tuple[str, ...]:
        """Lemmas that follow from the others: each could be deleted and nothing would be lost."""
        found: list[str] = []
        for lemma in self.lemmas:
            rest = tuple(other for other in self.lemmas if other is not lemma)
            without = derive(self.formalisms, rest, self.preferred)
            if without.geq(lemma.upper, lemma.lower) is (lemma.kind == "positive"):
                found.append(lemma.id)
        return tuple(found)

    @property
    def unused(self) -> tuple[str, ...]:
        """Lemmas on which no pair rests (they name no listed pair, or repeat one)."""
        used = {
            name
            for upper in self.formalisms
            for lower in self.formalisms
            for name in self.rests_on(upper, lower)
        }
        return tuple(lemma.id for lemma in self.lemmas if lemma.id not in used)

    def to_json(self) -> dict[str, object]:
        """The plain values that `specc prove --json` prints for this preorder.

        ``geq[i][j]`` is formalisms[i] >= formalisms[j], ``status[i][j]`` how far that can be
        trusted, ``trust[i][j]`` what it rests on. A lemma's ``trust`` is null where its proof was
        not checked.
        """
        return {
            "formalisms": list(self.formalisms),
            "geq": [
                [self.geq(upper, lower) for lower in self.formalisms] for upper in self.formalisms
            ],
            "status": [
                [self.status(upper, lower) for lower in self.formalisms]
                for upper in self.formalisms
            ],
            "trust": [
                [self.trust(upper, lower) for lower in self.formalisms] for upper in self.formalisms
            ],
            "lemmas": [
                {
                    "id": lemma.id,
                    "kind": lemma.kind,
                    "upper": lemma.upper,
                    "lower": lemma.lower,
                    "status": lemma.status,
                    "trust": lemma.trust,
                    "file": lemma.file,
                }
                for lemma in self.lemmas
            ],
            "classes": [list(members) for members in self.classes],
            "covers": [list(pair) for pair in self.covers],
            "undecided": [list(pair) for pair in self.undecided],
        }

    def _index(self, symbol: str) -> int:
        try:
            return self.formalisms.index(symbol)
        except ValueError:
            raise KeyError(symbol) from None

    def _pairs_where(self, *, holds: bool, fails: bool) -> tuple[Pair, ...]:
        return tuple(
            (upper, lower)
            for row, upper in enumerate(self.formalisms)
            for column, lower in enumerate(self.formalisms)
            if bool(self.above_bits[row] >> column & 1) is holds
            and bool(self.refuted_bits[row] >> column & 1) is fails
        )


@lru_cache(maxsize=2)
def load_preorder(*, extensions: bool = False) -> Preorder:
    """The preorder of the seventeen, or with ``extensions`` of every registered formalism.

    The relation among the seventeen never rests on a lemma about an extension. Reads the lemma
    files once (a few milliseconds) and checks no proof, so that every lemma is ``stated``; raises
    :class:`SpecError` if one is malformed.

    >>> preorder = load_preorder()
    >>> len(preorder.classes), len(preorder.covers), preorder.undecided
    (11, 13, ())
    """
    preferred = frozenset(family.symbol for family in all_formalisms())
    return derive(symbols(extensions=extensions), packaged_lemmas(), preferred)


def derive(
    formalisms: Iterable[str], lemmas: Iterable[Lemma], preferred: frozenset[str] = frozenset()
) -> Preorder:
    """The closure of the lemmas over these formalisms; lemmas about others are left out.

    >>> derive(["RM", "MR"], ()).undecided
    (('RM', 'MR'), ('MR', 'RM'))
    """
    order = tuple(formalisms)
    place = {symbol: index for index, symbol in enumerate(order)}
    kept = tuple(lemma for lemma in lemmas if lemma.upper in place and lemma.lower in place)
    above = [1 << index for index in range(len(order))]
    refuted = [0] * len(order)
    for lemma in kept:
        rows = above if lemma.kind == "positive" else refuted
        rows[place[lemma.upper]] |= 1 << place[lemma.lower]
    _close_transitively(above)
    return Preorder(order, kept, preferred, tuple(above), tuple(_spread(above, refuted)))


def _close_transitively(above: list[int]) -> None:
    for middle in range(len(above)):
        for index, row in enumerate(above):
            if row >> middle & 1:
                above[index] = row | above[middle]


def _spread(above: list[int], refuted: list[int]) -> list[int]:
    """Each refutation of (x, y), carried to every x' <= x and y' >= y."""
    count = len(above)
    over = [
        sum(1 << upper for upper in range(count) if above[upper] >> y & 1) for y in range(count)
    ]
    widened = [0] * count
    for x, row in enumerate(refuted):
        reached = 0
        for y in range(count):
            if row >> y & 1:
                reached |= over[y]
        for lower in range(count):
            if above[x] >> lower & 1:
                widened[lower] |= reached
    return widened


def _ascent(lemmas: tuple[Lemma, ...], upper: str, lower: str) -> tuple[str, ...]:
    """The ids of a shortest chain of positive lemmas from ``upper`` down to ``lower``."""
    return _descents(_steps(lemmas), upper)[lower]


def _refutation(lemmas: tuple[Lemma, ...], upper: str, lower: str) -> tuple[str, ...]:
    """The ids of a shortest chain lemma.upper >= upper, lemma, lower >= lemma.lower."""
    steps = _steps(lemmas)
    below = _descents(steps, lower)
    chains: list[tuple[str, ...]] = []
    for lemma in lemmas:
        if lemma.kind == "negative" and lemma.lower in below:
            descent = _descents(steps, lemma.upper).get(upper)
            if descent is not None:
                chains.append((*descent, lemma.id, *below[lemma.lower]))
    return min(chains, key=lambda chain: (len(chain), chain))


_Steps = tuple[tuple[str, str, str], ...]
"""(id, upper, lower) of the positive lemmas."""


def _steps(lemmas: tuple[Lemma, ...]) -> _Steps:
    return tuple((one.id, one.upper, one.lower) for one in lemmas if one.kind == "positive")


@lru_cache(maxsize=128)
def _descents(steps: _Steps, top: str) -> dict[str, tuple[str, ...]]:
    """For each formalism below ``top``, a shortest chain of positive lemmas that shows it."""
    chains: dict[str, tuple[str, ...]] = {top: ()}
    pending = [top]
    for symbol in pending:
        for name, upper, lower in steps:
            if upper == symbol and lower not in chains:
                chains[lower] = (*chains[symbol], name)
                pending.append(lower)
    return chains
