"""This computer, as a compiler sees it, and the functions that a loop is made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import llvmlite.binding as llvm

__all__ = ["machine", "parts", "processor"]


def parts(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """The function and, as often as it takes, the Python functions that the names in it give."""
    found: list[Any] = [function]
    for part in found:
        for name in part.__code__.co_names:
            other = part.__globals__.get(name)
            if isinstance(other, FunctionType) and other not in found:
                found.append(other)
    return found


@cache
def _target() -> llvm.Target:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple()


@cache
def processor() -> tuple[str, str, str]:
    """What object code is made for."""
    features = llvm.get_host_cpu_features().flatten()
    return llvm.get_process_triple(), llvm.get_host_cpu_name(), features


def machine() -> llvm.TargetMachine:
    """This computer, as the compiler and the loader of a process see it."""
    _, name, features = processor()
    still = _target().name.startswith("x86")
    return _target().create_target_machine(
        cpu=name, features=features, opt=3, reloc="static" if still else "default",
        codemodel="jitdefault", jit=True,
    )  # fmt: skip
