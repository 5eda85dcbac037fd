"""Reward programs over columns of tensors, with gradients in the numbers that they read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import torch
from torch import Tensor

# This file is copied into modules that do without specc, so it imports nothing of ours.

__all__ = ["Rows", "run_columns"]


class Rows(Protocol):
    """A program for a stack machine."""

    @property
    def rows(self) -> Iterable[Sequence[int]]:
        """(operation, argument), one after the other."""

    @property
    def constants(self) -> Sequence[float]:
        """The constants that rows name."""


def run_columns(program: Rows, numbers: Tensor) -> Tensor:
    """The program's values (n,) on rows of inputs (n, inputs), as the interpreter defines them;
    `exp`, `log`, `sqrt` and powers are the device's own, right but for their last bits."""
    stack: list[Tensor] = []
    for operation, argument in program.rows:
        match operation:
            case 0:
                value = program.constants[argument]
                stack.append(torch.full_like(numbers[:, 0], value) if numbers.shape[1] else
                             torch.full((len(numbers),), value, dtype=numbers.dtype,
                                        device=numbers.device))  # fmt: skip
            case 1:
                stack.append(numbers[:, argument])
            case 3 | 4 | 5 | 6 | 7 | 8:
                right = stack.pop()
                stack.append(_binary(operation, stack.pop(), right))
            case 9 | 10 | 11 | 12:
                stack.append(_unary(operation, stack.pop()))
            case 13 | 14 | 15:
                right = stack.pop()
                stack.append(_compare(operation, stack.pop(), right))
            case 16:
                stack.append(1.0 - stack.pop())
            case 17:
                otherwise, then, condition = stack.pop(), stack.pop(), stack.pop()
                chosen = torch.where(condition == 1.0, then, otherwise)
                stack.append(_only(chosen, ~torch.isnan(condition)))
            case _:
                raise ValueError("truth values are constants on a letter")
    return stack[0]


def _only(value: Tensor, defined: Tensor) -> Tensor:
    return torch.where(defined, value, torch.full_like(value, float("nan")))


def _binary(operation: int, left: Tensor, right: Tensor) -> Tensor:
    defined = ~(torch.isnan(left) | torch.isnan(right))
    match operation:
        case 3:
            return left + right
        case 4:
            return left * right
        case 5:
            zero = right == 0
            return _only(left / torch.where(zero, torch.ones_like(right), right), ~zero)
        case 6:
            return _only(_power(left, right), defined)
        case 7:
            return _only(torch.where(left <= right, left, right), defined)
        case _:
            return _only(torch.where(left >= right, left, right), defined)


def _power(left: Tensor, right: Tensor) -> Tensor:
    one = torch.ones_like(left)
    infinite = torch.isinf(left) | torch.isinf(right)
    outside = infinite | ((left < 0) & (right != torch.floor(right)))
    # Where the result is decided otherwise, 1 is raised instead: no NaN slips into gradients.
    plain = ~(outside | (right == 0) | (left == 0))
    base, exponent = torch.where(plain, left, one), torch.where(plain, right, one)
    large = exponent * torch.log(torch.abs(base)) > 709.0
    raised = torch.pow(torch.where(large, one, base), torch.where(large, one, exponent))
    found = torch.where(large, torch.full_like(left, float("inf")), raised)
    found = _only(found, ~outside)
    at_zero = torch.where(right < 0, torch.full_like(left, float("nan")), left * 0)
    found = torch.where(left == 0, at_zero, found)
    return torch.where(right == 0, one, found)


def _unary(operation: int, value: Tensor) -> Tensor:
    match operation:
        case 9:
            return torch.abs(value)
        case 10:
            large = value > 709.0
            found = torch.exp(torch.where(large, torch.zeros_like(value), value))
            return torch.where(large, torch.full_like(value, float("inf")), found)
        case 11:
            positive = value > 0
            found = torch.log(torch.where(positive, value, torch.ones_like(value)))
            zero = torch.full_like(value, -float("inf"))
            return torch.where(positive, found, _only(zero, value == 0))
        case _:
            fine = value >= 0
            return _only(torch.sqrt(torch.where(fine, value, torch.ones_like(value))), fine)


def _compare(operation: int, left: Tensor, right: Tensor) -> Tensor:
    defined = ~(torch.isnan(left) | torch.isnan(right))
    match operation:
        case 13:
            holds = left < right
        case 14:
            holds = left <= right
        case _:
            holds = left == right
    return _only(holds.to(left.dtype), defined)
