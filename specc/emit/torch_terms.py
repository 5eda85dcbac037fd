"""Terms of objectives as functions of tensors, with gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import torch
from torch import Tensor

from specc.diagnostics import SpecError
from specc.emit.batches import refuse_array
from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.stack import Number

__all__ = ["entropy", "kl", "log_determinant", "policy_term", "tsallis"]


def entropy(logits: Tensor) -> Tensor:
    """The entropy in nats of the distributions ``softmax(logits)`` (..., actions); (...).

    >>> round(entropy(torch.zeros(4)).item(), 6)
    1.386294
    """
    logs = torch.log_softmax(logits, -1)
    return -_weighted(logs.exp(), logs)


def tsallis(logits: Tensor, order: float) -> Tensor:
    """``(1 - sum p**q) / (q - 1)`` for ``order`` q above 0; the entropy at 1.

    >>> tsallis(torch.zeros(4), 2.0).item()
    0.75
    """
    if order == 1:
        return entropy(logits)
    logs = torch.log_softmax(logits, -1)
    # A chance of 0 has the power 0, and no slope: exp keeps it so where q is above 0.
    return (1 - (order * logs).exp().sum(-1)) / (order - 1)


def kl(logits: Tensor, reference: Tensor) -> Tensor:
    """The divergence of ``softmax(logits)`` from the probabilities ``reference``, in nats;
    infinite where the reference excludes an action that the policy takes.

    >>> kl(torch.zeros(2), torch.tensor([0.5, 0.5])).item()
    0.0
    """
    logs = torch.log_softmax(logits, -1)
    return _weighted(logs.exp(), logs - reference.to(logs).log())


def _weighted(chances: Tensor, values: Tensor) -> Tensor:
    """The mean; what has no chance counts nothing, even if infinite."""
    return (chances * torch.where(chances > 0, values, torch.zeros_like(values))).sum(-1)


def log_determinant(
    points: Tensor, length: float, noise: float, weights: Tensor | None = None
) -> Tensor:
    """``log det(I + K / noise)`` with ``K = exp(-|x - y|^2 / (2 length^2))`` over points
    (..., n, d); the value of ``logdet`` where they are the different states visited.

    ``weights`` (..., n) in [0, 1] say how much each point is there: ``W^(1/2) K W^(1/2)`` stands
    for K, so that chances of visits get a gradient.

    >>> round(log_determinant(torch.zeros(1, 2), 1.0, 1.0).item(), 6)
    0.693147
    """
    gaps = points.unsqueeze(-2) - points.unsqueeze(-3)
    kernel = torch.exp(-(gaps * gaps).sum(-1) / (2 * length * length)) / noise
    if weights is not None:
        # det(I + W^(1/2) K W^(1/2)) = det(I + W K), which has slopes at weight 0, too.
        kernel = weights.unsqueeze(-1) * kernel
    eye = torch.eye(points.shape[-2], dtype=kernel.dtype, device=kernel.device)
    return torch.linalg.slogdet(eye + kernel).logabsdet


def policy_term(number: Number, logits: Tensor, references: Mapping[str, Tensor]) -> Tensor:
    """A sum of multiples of policy terms at the states left: logits (n, actions) to (n,).

    ``references`` gives the probabilities (n, actions) of each policy that a ``kl`` names;
    ``uniform`` is known.

    :raises SpecError: E814 a reference is missing, or logits are NaN or of another shape.
    """
    if logits.ndim != 2 or not logits.is_floating_point():
        refuse_array(f"`logits` has the shape {tuple(logits.shape)}", "floats (n, actions)")
    if torch.isnan(logits).any() or (logits == float("inf")).any():
        refuse_array("`logits` has NaN or infinity", "numbers, or -infinity for no chance")
    total = torch.zeros(len(logits), dtype=logits.dtype, device=logits.device)
    form = linear_form(number)
    for term, coefficient in form.terms.items():
        if not isinstance(term, stack.PolicyTerm):
            raise SpecError.of("E812", "a policy term is weighted by what is no constant")
        total = total + float(coefficient) * _single(term, logits, references)
    return total + float(form.constant)


def _single(term: stack.PolicyTerm, logits: Tensor, references: Mapping[str, Tensor]) -> Tensor:
    match term.kind:
        case "entropy":
            return entropy(logits)
        case "tsallis":
            assert term.order is not None
            return tsallis(logits, float(term.order))
        case "kl":
            name = term.reference or ""
            reference = references.get(name)
            if reference is None and name == "uniform":
                reference = torch.full_like(logits, 1 / logits.shape[-1])
            if reference is None:
                refuse_array(f"no reference `{name}`", f"references={{'{name}': probabilities}}")
            if reference.shape != logits.shape:
                refuse_array(
                    f"`{name}` has the shape {tuple(reference.shape)}", f"{tuple(logits.shape)}"
                )
            return kl(logits, reference)
        case _:
            assert_never(term.kind)
