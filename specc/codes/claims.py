"""Pages of annotations and assertions."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

_WRONG = """\
env room = mdp {
  initial s
  s: a -> t
     b -> s
  t: a -> t
  label goal: t
}
"""

CODES = (
    Code(
        "E601",
        "the annotation does not fit the inferred formalism",
        "A formalism after a spec's colon is checked against what is written: it must be the "
        "inferred formalism or one above it. The second mark shows the part that forces the "
        "larger formalism.",
        _WRONG + "spec reach in room : MR = P[F goal]\n",
        _WRONG + "spec reach in room : LTL = P[F goal]\n",
    ),
    Code(
        "E602",
        "unknown formalism",
        "An annotation or an assertion names a formalism that is neither one of the seventeen nor "
        "one of the extensions.",
        _WRONG + "spec reach in room : LTTL = P[F goal]\n",
        _WRONG + "spec reach in room : LTL = P[F goal]\n",
    ),
)
