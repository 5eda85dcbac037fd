"""The Gymnasium wrapper of an outer function: pays the pseudo-reward, collects whole episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import gymnasium

from specc.diagnostics import SpecError
from specc.emit.functional.meter import FunctionalMeter, returns
from specc.emit.functional.pseudo import PseudoReward, Standing
from specc.emit.reading import Labels
from specc.emit.wrapper import Observe, SpecWrapper

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["FunctionalWrapper"]


class FunctionalWrapper(SpecWrapper):
    """See :func:`specc.emit.wrapped.wrap`; call :meth:`update` between batches.

    Until the first update every reward is 0: there are no estimates yet.
    """

    _meter: FunctionalMeter

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        spec: Spec,
        labels: Labels | None = None,
        observe: Observe = "none",
    ) -> None:
        super().__init__(env, spec, labels, observe)

    @property
    def pseudo(self) -> PseudoReward:
        """The weights and estimates. Assign another wrapper's to share them."""
        return self._meter.pseudo

    @pseudo.setter
    def pseudo(self, shared: PseudoReward) -> None:
        if shared.scheme != self._meter.pseudo.scheme:
            raise ValueError("the pseudo-reward of another spec")
        self._meter.pseudo = shared

    @property
    def episodes(self) -> int:
        """How many episodes have ended since the last update."""
        return len(self._meter.finished)

    def update(
        self,
        others: Sequence[FunctionalWrapper] = (),
        *,
        step_size: float = 1.0,
        multiplier_step: float | None = None,
        smoothing: float = 0.0,
    ) -> Standing:
        """New weights from the episodes that have ended (or were cut) since the last update; they
        are then forgotten. See :meth:`specc.emit.functional.pseudo.PseudoReward.update`.

        Episodes of ``others`` count, too; they are meant to share this one's ``pseudo``.

        :raises SpecError: E814 no episode has ended; E704 the objective or its gradient is
            undefined at the estimates. Nothing has changed then.
        """
        meters = [self._meter, *(other._meter for other in others)]
        finished = [episode for meter in meters for episode in meter.finished]
        if not finished:
            raise SpecError.of(
                "E814",
                "no episode has ended since the last update; expected: at least one",
                help="update after whole episodes; put a time limit around an endless environment",
            )
        standing = self.pseudo.update(
            returns(finished),
            step_size=step_size,
            multiplier_step=multiplier_step,
            smoothing=smoothing,
        )
        for meter in meters:
            meter.finished.clear()
        return standing

    def _told(self, info: Mapping[str, Any]) -> dict[str, Any]:
        told = super()._told(info)
        told["specc"]["numbers"] = self._meter.numbers
        return told

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step with the pseudo-reward."""
        found = super().step(action)
        if found[2] or found[3]:
            self._meter.finish()
        return found
