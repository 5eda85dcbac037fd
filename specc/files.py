"""Files: written whole or not at all, and read only where reading comes to an end."""

from __future__ import annotations

import errno
import os
from pathlib import Path

__all__ = ["refuse_pipe", "write_whole"]


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write the file under a temporary name beside it, then rename.

    An interrupted or failing write leaves the old file as it was. A link stays a link, an existing
    file keeps its mode, and missing folders are made. Raises OSError.
    """
    import tempfile

    target = Path(os.path.realpath(path))
    data = content.encode("utf-8") if isinstance(content, str) else content
    if target.exists() and not target.is_file() and not target.is_dir():
        # A device or a pipe has no old content to keep, and must not be renamed over.
        target.write_bytes(data)
        return
    if target.is_dir():
        raise IsADirectoryError(21, "Is a directory", str(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def refuse_pipe(path: Path) -> None:
    """Raise OSError for a pipe or a socket that a file names: opening one may wait for ever.

    A path that the user typed may be a pipe (`<(...)` in a shell); one inside a file may not.
    """
    if path.is_fifo() or path.is_socket():
        raise OSError(errno.EINVAL, "a pipe, not a file", str(path))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
