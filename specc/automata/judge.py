"""Compare an automaton with its formula on sampled words: translators have bugs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import product

from specc.automata.automaton import Automaton
from specc.automata.formula import Formula
from specc.automata.semantics import run_lasso, satisfies, satisfies_finite

__all__ = ["agrees", "agrees_finite", "sampled_lassos", "short_lassos"]

Lasso = tuple[tuple[int, ...], tuple[int, ...]]


def agrees(automaton: Automaton, formula: Formula, samples: int = 60) -> bool:
    """Whether automaton and formula give the same verdict on all sampled words."""
    return all(
        run_lasso(automaton, prefix, cycle) == satisfies(formula, prefix, cycle, automaton.atoms)
        for prefix, cycle in sampled_lassos(len(automaton.atoms), samples)
    )


def agrees_finite(
    accepts: Callable[[Sequence[int]], bool],
    formula: Formula,
    atoms: tuple[str, ...],
    samples: int = 60,
) -> bool:
    """Whether both give the same verdict on sampled finite words, the empty one included."""
    words = [(), *(prefix + cycle for prefix, cycle in sampled_lassos(len(atoms), samples))]
    return all(accepts(word) == satisfies_finite(formula, word, atoms) for word in words)


def sampled_lassos(atom_count: int, samples: int, seed: int = 2026) -> Iterator[Lasso]:
    """The constant words of few atoms, then random lassos, always the same ones."""
    generator = random.Random(seed)
    if atom_count <= 3:
        for letter in range(1 << atom_count):
            yield (), (letter,)
    everything = (1 << atom_count) - 1
    # With many atoms a uniform letter almost never leaves one alone; few letters a word do.
    for number in range(samples):
        pool = [generator.getrandbits(atom_count + 1) & everything for _ in range(2 + number % 3)]
        if number % 2:
            pool += [0, everything]
        prefix = tuple(generator.choice(pool) for _ in range(generator.randrange(5)))
        cycle = tuple(generator.choice(pool) for _ in range(generator.randrange(1, 5)))
        yield prefix, cycle


def short_lassos(atom_count: int, prefix_length: int, cycle_length: int) -> Iterator[Lasso]:
    """Every lasso with a prefix and a cycle of at most these lengths."""
    letters = range(1 << atom_count)
    for before in range(prefix_length + 1):
        for prefix in product(letters, repeat=before):
            for length in range(1, cycle_length + 1):
                for cycle in product(letters, repeat=length):
                    yield prefix, cycle
