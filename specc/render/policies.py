"""Policies as a table: one column each, a row per state where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["differing_rows"]

_MOST_ROWS = 12

Choices = Mapping[str, Mapping[str, object]]


def differing_rows(policies: Sequence[Choices]) -> list[list[str]]:
    """For every state where the policies differ: the state, then what each does there.

    >>> differing_rows([{"s": {"a": "1"}, "t": {"a": "1"}}, {"s": {"b": "1"}, "t": {"a": "1"}}])
    [['at s', 'a', 'b']]
    """
    states = list(dict.fromkeys(state for policy in policies for state in policy))
    rows = []
    for state in states:
        cells = [_shown(policy.get(state, {})) for policy in policies]
        if len(set(cells)) > 1:
            rows.append([f"at {state}", *cells])
    if len(rows) > _MOST_ROWS:
        left = len(rows) - _MOST_ROWS + 1
        rows = [*rows[: _MOST_ROWS - 1], [f"and {left} more", *["..."] * len(policies)]]
    return rows


def _shown(row: Mapping[str, object]) -> str:
    if len(row) == 1 and str(*row.values()) == "1":
        return next(iter(row))
    return ", ".join(f"{chance} {action}" for action, chance in row.items()) or "-"
