"""Stored values by specc's own evaluation (`make_reference_values.py`)."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

from kernel_documents import data, scalar, statement

from specc.kernel.statement import read_policy, read_statement
from specc.kernel.values import Valuation


def test_stored_values() -> None:
    cases = json.loads(Path(__file__).with_name("reference_values.json").read_text())
    assert len(cases) == 240
    for environment, machines, policy, number, value in cases:
        claim = read_statement(
            data(statement(environment, scalar(number), "PO", machines=machines))
        )
        read = read_policy(policy, claim.environment, "policy")
        found = Valuation(claim.environment, claim.spec, read).value(claim.spec.numbers[0])
        assert found == Fraction(value), (environment, machines, policy, number)
