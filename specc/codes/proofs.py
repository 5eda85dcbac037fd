"""Codes about the lemma files of the preorder."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

CODES = (
    Code(
        "E901",
        "A lemma file is not JSON",
        """Every file in `proofs/` is one JSON document without duplicate keys. The message says
what the reader met and where. A lemma file that ends early shows it:

    {"id": "rm-geq-mr",
""",
    ),
    Code(
        "E902",
        "A lemma file does not say a lemma",
        """The document is JSON, but a key is missing, unknown or has a value of another type; the
message names it. `proofs/schema/lemma.schema.json` describes the format. The id follows from the
kind and the two formalisms: the positive lemma RM >= MR is `rm-geq-mr`, the negative lemma
RM not>= LTL is `rm-not-geq-ltl`.
""",
    ),
)
