"""In tests a rule that yields something wrong is an error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from specc.verdict.realise import validate


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """Let mismatches through."""
    validate.STRICT = True
    yield
    validate.STRICT = False
