"""The formalisms: what each is, and where its file is found.

A formalism (or a family of equivalent ones) is one file in `formalisms/` with a value
``FORMALISM``. They are discovered, so that a new one needs no change elsewhere. Nothing here says
how formalisms relate: that is derived from the lemmas by :mod:`specc.preorder`.

A file may also have ``translations``: the rules that the positive lemmas with this upper formalism
name. A rule by itself claims nothing; the lemma's file has its written proof and its instances.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from specc.resolve.file import Spec
    from specc.translate.forms import Form

__all__ = [
    "Formalism",
    "Member",
    "Rule",
    "all_formalisms",
    "formalism",
    "formalisms",
    "rule",
    "symbols",
]


@dataclass(frozen=True, slots=True)
class Member:
    """One formalism: its symbol, its name, and the value or order that its specs give a policy.

    ``position`` is its place in the list of formalisms.
    """

    symbol: str
    name: str
    definition: str
    free_layer: str
    position: int


@dataclass(frozen=True, slots=True)
class Rule:
    """How a spec of ``lower`` becomes one of ``upper``; ``name`` is how a lemma's file names it.

    ``make`` takes a spec in a finite environment and gives a :data:`~specc.translate.forms.Form`.
    It raises SpecError E919 where the spec does not have the shape of a ``lower`` spec.
    ``preserves`` says what is the same: every ``value``, or the ``order`` alone. ``same_text``:
    the text of a ``lower`` spec is that of an ``upper`` one as it stands.

    To add a translation into an extension: write the function in that formalism's file (bring in
    what it needs inside the function, so that loading the registry stays light), give it here by
    ``translations=(Rule(...),)``, and name it in the lemma's file with instances. Where the
    language says the result, give ``Written(objective)``.
    """

    name: str
    upper: str
    lower: str
    make: Callable[[Spec], Form]
    preserves: Literal["value", "order"] = "value"
    same_text: bool = False


@dataclass(frozen=True, slots=True)
class Formalism:
    """A family of formalisms that one file describes; ``members[0]`` names the family.

    ``invariant`` is what holds of every spec of the family, for all of its parameters: the
    ground on which orders are refuted. ``beware`` is what does *not* hold though one expects it.
    ``example`` is a whole `.spec` file. ``extension`` formalisms are not among the seventeen.
    ``translations`` lead to a member of the family.
    """

    members: tuple[Member, ...]
    teaching: str
    invariant: str
    beware: str
    source: str
    example: str
    extension: bool = False
    translations: tuple[Rule, ...] = ()

    @property
    def symbol(self) -> str:
        """The symbol that stands for the family."""
        return self.members[0].symbol

    @property
    def name(self) -> str:
        """The name of the member that stands for the family."""
        return self.members[0].name

    @property
    def definition(self) -> str:
        """The definition of the member that stands for the family."""
        return self.members[0].definition

    @property
    def free_layer(self) -> str:
        """The layer that the member which stands for the family leaves free."""
        return self.members[0].free_layer


@lru_cache(maxsize=1)
def all_formalisms() -> tuple[Formalism, ...]:
    """Every family, extensions included, by the place of its first member in the list."""
    package = importlib.import_module("specc.formalisms")
    found: list[Formalism] = []
    for module in pkgutil.iter_modules(package.__path__):
        value = importlib.import_module(f"specc.formalisms.{module.name}").FORMALISM
        if not isinstance(value, Formalism):
            raise TypeError(f"formalisms/{module.name}.py: FORMALISM is not a Formalism")
        found.append(value)
    found.sort(key=lambda family: min(member.position for member in family.members))
    _reject_duplicates(found)
    return tuple(found)


def formalisms() -> tuple[Formalism, ...]:
    """The eleven families of the seventeen formalisms.

    >>> [family.symbol for family in formalisms()][:4]
    ['MR', 'LAR', 'LTL', 'RM']
    """
    return tuple(family for family in all_formalisms() if not family.extension)


def formalism(symbol: str) -> Formalism:
    """The family that has this member. Raises KeyError for an unknown symbol.

    >>> formalism("INMR").symbol
    'FTR'
    """
    for family in all_formalisms():
        if any(member.symbol == symbol for member in family.members):
            return family
    raise KeyError(symbol)


def rule(name: str, upper: str, lower: str) -> Rule | None:
    """The translation of this name between these formalisms; None where there is none.

    >>> rule("one-state-machine", "RM", "MR").preserves
    'value'
    """
    for family in all_formalisms():
        for found in family.translations:
            if (found.name, found.upper, found.lower) == (name, upper, lower):
                return found
    return None


def symbols(*, extensions: bool = False) -> tuple[str, ...]:
    """The symbols in the order of the list; with ``extensions``, those follow the seventeen.

    >>> symbols()[4:7]
    ('INMR', 'IMORL', 'FTR')
    """
    families = all_formalisms() if extensions else formalisms()
    members = [(family.extension, member) for family in families for member in family.members]
    members.sort(key=lambda pair: (pair[0], pair[1].position))
    return tuple(member.symbol for _, member in members)


def _reject_duplicates(families: list[Formalism]) -> None:
    seen: set[str] = set()
    for family in families:
        for member in family.members:
            if member.symbol in seen:
                raise ValueError(f"two files define the formalism {member.symbol}")
            seen.add(member.symbol)
