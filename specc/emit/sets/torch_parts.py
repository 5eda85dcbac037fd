"""What each part of a set reward does to tensors, on any device."""

from __future__ import annotations

from typing import Any, assert_never

import numpy as np
import torch
from torch import Tensor

from specc.diagnostics import SpecError
from specc.emit.sets.parts import Covered, Nearest, Part, Spread
from specc.emit.sets.summed import Summed

__all__ = ["TorchCovered", "TorchNearest", "TorchPart", "TorchSpread", "TorchSummed", "torch_part"]

FLOAT = torch.float64
Memory = tuple[Any, ...]
_MOST_ENTRIES = 50_000_000


class TorchCovered:
    """Bits as a bool row a run. ``near[s]`` lists the bits that state s adds; short lists go on
    with the last column, which is always set."""

    def __init__(self, part: Covered, device: torch.device) -> None:
        self.horizon = part.horizon
        self.columns = 64 * part.width
        self.denominator = part.denominator
        lists = [_bits(part, s) for s in range(len(part.starts) - 1)]
        self.near, _ = _padded(lists, None, self.columns, device)
        weights = part.weights if len(part.weights) else np.ones(self.columns)
        self.weights = torch.tensor(np.append(weights, 0.0), dtype=FLOAT, device=device)
        self.bits = torch.tensor(part.bits, dtype=torch.int64, device=device)

    def nothing(self, n: int) -> Memory:
        """The memory of n runs that have visited no state."""
        rows = torch.zeros((n, self.columns + 1), dtype=torch.bool, device=self.near.device)
        rows[:, -1] = True
        return (rows,)

    def enter(self, held: Memory, states: Tensor, letters: Any, live: Tensor) -> Tensor:
        """Visit ``states`` where ``live``: changes ``held``; what the sums (n,) grow by."""
        (rows,) = held
        near = torch.where(live.unsqueeze(1), self.near[states], self.columns)
        fresh = ~rows.gather(1, near)
        rows.scatter_(1, near, True)
        return (fresh * self.weights[near]).sum(1)

    def gains(self, held: Memory, states: Tensor) -> Tensor:
        """What each of ``states`` (n, k) alone would add."""
        near = self.near[states]
        fresh = ~held[0].gather(1, near.flatten(1)).view(near.shape)
        return (fresh * self.weights[near]).sum(2)


class TorchNearest:
    """Per point the likeness of the nearest state visited; a last column is always 0."""

    def __init__(self, part: Nearest, device: torch.device) -> None:
        self.horizon, self.columns, self.denominator = part.horizon, part.count, 1.0
        spans = [slice(a, b) for a, b in zip(part.starts[:-1], part.starts[1:], strict=True)]
        self.near, self.likeness = _padded(
            [part.points[span] for span in spans], [part.likeness[span] for span in spans],
            self.columns, device,
        )  # fmt: skip

    def nothing(self, n: int) -> Memory:
        """The memory of n runs that have visited no state."""
        return (torch.zeros((n, self.columns + 1), dtype=FLOAT, device=self.near.device),)

    def enter(self, held: Memory, states: Tensor, letters: Any, live: Tensor) -> Tensor:
        """Visit ``states`` where ``live``: changes ``held``; what the sums (n,) grow by."""
        (rows,) = held
        near, likeness = self.near[states], self.likeness[states] * live.unsqueeze(1)
        known = rows.gather(1, near)
        rows.scatter_(1, near, torch.maximum(known, likeness))
        return (likeness - known).clamp(min=0).sum(1)

    def gains(self, held: Memory, states: Tensor) -> Tensor:
        """What each of ``states`` (n, k) alone would add."""
        near = self.near[states]
        known = held[0].gather(1, near.flatten(1)).view(near.shape)
        return (self.likeness[states] - known).clamp(min=0).sum(2)


class TorchSpread:
    """The different states visited, and the Cholesky factor of I + K / noise over them; rows that
    are not used yet are those of the identity."""

    def __init__(self, part: Spread, device: torch.device) -> None:
        self.horizon, self.capacity, self.denominator = part.horizon, part.capacity, 1.0
        self.scale, self.noise = part.scale, part.noise
        self.points = torch.tensor(part.points, dtype=FLOAT, device=device)

    def nothing(self, n: int) -> Memory:
        """The memory of n runs that have visited no state."""
        device, size = self.points.device, self.capacity
        return (
            torch.full((n, size), -1, dtype=torch.int64, device=device),
            torch.zeros(n, dtype=torch.int64, device=device),
            torch.eye(size, dtype=FLOAT, device=device).expand(n, size, size).clone(),
        )

    def _rows(self, held: Memory, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of states (n, k): the rows (n, capacity, k) that they add to the factor, the squares
        (n, k) of their diagonal entries, and whether they are new."""
        order, _, factor = held
        there = self.points[order.clamp(min=0)]
        gaps = there.unsqueeze(2) - self.points[states].unsqueeze(1)
        likeness = torch.exp(-self.scale * (gaps * gaps).sum(-1)) / self.noise
        likeness = likeness * (order >= 0).unsqueeze(2)
        rows = torch.linalg.solve_triangular(factor, likeness, upper=False)
        squares = (1 + 1 / self.noise - (rows * rows).sum(1)).clamp(min=1)
        fresh = (order.unsqueeze(2) != states.unsqueeze(1)).all(1)
        return rows, squares, fresh

    def enter(self, held: Memory, states: Tensor, letters: Any, live: Tensor) -> Tensor:
        """Visit ``states`` where ``live``: changes ``held``; what the sums (n,) grow by."""
        order, count, factor = held
        rows, squares, fresh = self._rows(held, states.unsqueeze(1))
        new = torch.nonzero(fresh.squeeze(1) & live).squeeze(1)
        place, square = count[new], squares[new, 0]
        factor[new, place] = rows[new, :, 0]
        factor[new, place, place] = square.sqrt()
        order[new, place] = states[new]
        count[new] += 1
        gains = torch.zeros(len(states), dtype=FLOAT, device=states.device)
        gains[new] = square.log()
        return gains

    def gains(self, held: Memory, states: Tensor) -> Tensor:
        """What each of ``states`` (n, k) alone would add."""
        _, squares, fresh = self._rows(held, states)
        return squares.log() * fresh


class TorchSummed:
    """A sum over transitions: the memory, and the weight of the next step."""

    def __init__(self, part: Summed, device: torch.device) -> None:
        self.horizon, self.denominator, self.discount = part.horizon, 1.0, part.discount
        self.width = part.paid.shape[1]
        self.first = torch.tensor(part.first, dtype=torch.int64, device=device)
        self.following = torch.tensor(part.following.ravel(), dtype=torch.int64, device=device)
        self.paid = torch.tensor(part.paid.ravel(), dtype=FLOAT, device=device)

    def nothing(self, n: int) -> Memory:
        """The memory of n runs before their start."""
        device = self.first.device
        return (
            torch.zeros(n, dtype=torch.int64, device=device),
            torch.ones(n, dtype=FLOAT, device=device),
        )

    def enter(self, held: Memory, states: Tensor, letters: Any, live: Tensor) -> Tensor:
        """Take ``letters`` (None: start in ``states``): changes ``held``; what the sums grow by."""
        memory, weight = held
        if letters is None:
            memory.copy_(self.first[states])
            return torch.zeros_like(weight)
        place = memory * self.width + letters
        gained = weight * self.paid[place] * live
        memory.copy_(self.following[place])
        weight.mul_(self.discount)
        return gained

    def gains(self, held: Memory, states: Tensor) -> Tensor:
        """States do not tell what is paid; kernels refuse before they ask."""
        raise ValueError("a sum over transitions gains nothing by states")


TorchPart = TorchCovered | TorchNearest | TorchSpread | TorchSummed


def torch_part(part: Part, device: torch.device) -> TorchPart:
    """The part on a device."""
    match part:
        case Covered():
            return TorchCovered(part, device)
        case Nearest():
            return TorchNearest(part, device)
        case Spread():
            return TorchSpread(part, device)
        case Summed():
            return TorchSummed(part, device)
        case _:
            assert_never(part)


def _bits(part: Covered, state: int) -> Any:
    """The numbers of the bits that a state adds."""
    span = slice(part.starts[state], part.starts[state + 1])
    raw = np.unpackbits(part.masks[span].view(np.uint8), bitorder="little").reshape(-1, 64)
    word, bit = np.nonzero(raw)
    return 64 * part.words[span][word].astype(np.int64) + bit


def _padded(
    lists: list[Any], values: list[Any] | None, filler: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """The lists as rows of one length, and their values, 0 behind the ends."""
    longest = max((len(row) for row in lists), default=0)
    if longest * len(lists) > _MOST_ENTRIES:
        raise SpecError.of(
            "E804",
            f"the kernel's table of near states would have more than {_MOST_ENTRIES:,} entries",
            help='a smaller radius or environment, or backend="numba"',
        )
    near = np.full((len(lists), longest), filler, dtype=np.int64)
    paid = np.zeros((len(lists), longest))
    for s, row in enumerate(lists):
        near[s, : len(row)] = row
        if values is not None:
            paid[s, : len(row)] = values[s]
    return torch.tensor(near, device=device), torch.tensor(paid, dtype=FLOAT, device=device)
