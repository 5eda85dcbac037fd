"""``python -m specc.kernel STATEMENT CERTIFICATE``, or ``python FOLDER ...`` on a lone copy."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """0: accepted. 1: not accepted, one line on stderr says why. 2: wrong use."""
    if len(arguments) != 2:
        print("usage: python -m specc.kernel STATEMENT CERTIFICATE", file=sys.stderr)
        return 2
    try:
        statement, certificate = (Path(name).read_bytes() for name in arguments)
    except OSError as error:
        print(f"usage: {error}", file=sys.stderr)
        return 2
    folder = Path(__file__).resolve().parent
    if not __package__:
        sys.path.insert(0, str(folder.parent))
    kernel = importlib.import_module(__package__ or folder.name)
    try:
        found = kernel.check(statement, certificate)
    except kernel.KernelError as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        print(line.encode("ascii", "backslashreplace").decode("ascii"), file=sys.stderr)
        return 1
    print(f"accepted: not in {found.formalism}, by {found.kind}; statement {found.sha256}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
