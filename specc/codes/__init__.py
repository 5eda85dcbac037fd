"""The catalogue of diagnostics, one module per stage; each module has ``CODES``."""

from __future__ import annotations

import importlib
import pkgutil

from specc.codes.code import Code

__all__ = ["Code", "catalogue"]


def catalogue() -> dict[str, Code]:
    """Every code with its page, in order."""
    pages: dict[str, Code] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name == "code":
            continue
        for page in importlib.import_module(f"{__name__}.{module.name}").CODES:
            if page.code in pages:
                raise ValueError(f"code {page.code} has two pages")
            pages[page.code] = page
    return dict(sorted(pages.items()))
