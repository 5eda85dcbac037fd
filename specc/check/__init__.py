"""The answer about a file: formalisms, verdicts, how to train and solve, assertions."""

from specc.check.file import FileCheck, SpecCheck, check_file, check_spec

__all__ = ["FileCheck", "SpecCheck", "check_file", "check_spec"]
