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
RM not>= LTL is `rm-not-geq-ltl`. A negative lemma whose witness has a `.spec` text has a `proof`:
the kernel's statement, its SHA-256, and a certificate.
""",
    ),
    Code(
        "E910",
        "The proof kernel's language has no such construct",
        """The kernel that checks proofs reads a small language: discounted sums, averages, totals
and extrema, LTL formulas, coverage; their means, quantiles, conditional values at risk and
variances; arithmetic with whole powers; machines, labels, and the entropies of the policy. What it
has not (automata, `exp`, `log` and `sqrt`, `facility_location` and `logdet`, observations) cannot
be in a statement, so no certificate can speak of it:

    spec careful in m = E[-exp(-discounted(r, 0.9))]
""",
    ),
    Code(
        "E911",
        "A statement needs a finite environment",
        """The kernel's statements are about one finite environment, given as states, actions and
exact probabilities. A spec without an environment, or in a Gymnasium environment of which no finite
table was made, has none.
""",
    ),
    Code(
        "E912",
        "A lemma's statement is not what its text says",
        """`specc prove` lowers the `.spec` text of a negative lemma's witness anew and compares it
with the statement stored in the lemma's file, letter by letter, and with its SHA-256. The message
names the lemma and what differs. So a proof is never of something else than what the lemma says:
the text, the formalisms and the statement are changed together, with a new certificate.
""",
    ),
    Code(
        "E913",
        "The kernel does not accept a lemma's certificate",
        """The certificate in the lemma's file does not prove its statement: it is malformed, larger
than the kernel's declared limits, or one of its steps fails. The message has the kernel's reason.
It does not mean that the lemma is false, but nothing is proved until the certificate is mended.
""",
    ),
    Code(
        "E914",
        "A witness is not seen to be in its formalism",
        """The lemma X not>= Y needs a witness that is a Y spec. The kernel judges that by the form
of the statement alone, and in doubt says no: the certificate proves that no X spec has this order,
but not that some Y spec has it. Write the witness in the plain form of Y.
""",
    ),
    Code(
        "E915",
        "The lemmas leave a pair of formalisms open",
        """The lemmas in `proofs/` must decide X >= Y for every two of the seventeen formalisms, and
these pairs follow from none of them. Deleting a lemma gives this error, with what it decided.
""",
    ),
    Code(
        "E916",
        "A lemma adds nothing",
        """The lemma in `proofs/` follows from the others, or repeats one: it could be deleted and
the preorder would be the same. Base lemmas are independent, so that each is needed.
""",
    ),
    Code(
        "E917",
        "A lemma names a translation that is not there",
        """A positive lemma X >= Y names the translation that turns every Y spec into an X spec. The
file of X in `formalisms/` registers it under `translations`, for these two formalisms in this
direction, and none of that name is there.
""",
    ),
    Code(
        "E918",
        "A positive lemma has no written proof",
        """A positive lemma is about every environment and every spec, which no kernel checks: a
person reads its proof. It stands on a page of `docs/proofs/`, under a heading that is the lemma's
id, and there is nothing there.
""",
    ),
    Code(
        "E919",
        "An instance does not bear out its lemma",
        """A positive lemma's file has instances: `.spec` texts in the lower formalism, with
stationary policies. `specc prove` translates each, and compares every two policies before and
after, exactly.
The message says which instance, and what differs: the order, a value, the formalism of the text.
""",
    ),
    Code(
        "E920",
        "A lemma only states",
        """A file among the lemmas of the seventeen formalisms has nothing to check: a positive
lemma without an instance, a negative one whose witness has no `.spec` text. Such a lemma may stand
among those of the extensions, where answers may be open; the seventeen do not rest on one.
""",
    ),
    Code(
        "E931",
        "No text says the spec in that formalism",
        """A spec of the formalism with the same order exists, but the language has no words for it:
one of its parameters is a function or an order that is only known as a construction. So FTR >= INMR
writes the trajectory into the digits of one return, and the function outside takes them apart
again. The message says which parameter it is.
""",
    ),
    Code(
        "E932",
        "No spec of that formalism has this order",
        """`specc translate` found a proof that no spec of the wanted formalism orders the policies
of this environment as the spec does. `specc check --against X` shows the proof; the formalisms
listed there under `fits` can say it.
""",
    ),
    Code(
        "E933",
        "It is not known whether that formalism can say it",
        """No lemma leads from the spec's formalism to the wanted one, no rule finds a translation
for this environment, and no proof was found that there is none. A larger `--budget` lets the search
go on for longer.
""",
    ),
    Code(
        "E934",
        "A translation does not agree with the spec",
        """The translated spec was compared with the given one on exact policies and differs, or its
text is not read as it was meant. That is a mistake in specc, which therefore gives no translation;
please report it with the file.
""",
    ),
)
