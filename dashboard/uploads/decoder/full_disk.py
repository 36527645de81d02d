"""Whether an error comes from a full disk, in processes that must not load Django."""

import errno


def comes_from_full_disk(error: BaseException | None) -> bool:
    """Looks through what caused it: a refused file has as its cause what a library raised; FFmpeg raises OSErrors."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False
