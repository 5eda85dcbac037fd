"""The command line. Each command is one file; the heavy parts are imported when it runs."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the ``specc`` command and exit with its status."""
    try:
        from specc.cli.app import app

        for stream in (sys.stdout, sys.stderr):
            # A terminal that cannot show a sign gets an escape instead of a crash.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        app(prog_name="specc")
    except KeyboardInterrupt:
        sys.exit(130)
