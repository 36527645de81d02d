"""Types of the arrays that the animator passes around. Their shapes are in the docstrings, in brackets."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]  # of floats, unless the docstring says otherwise
Image: TypeAlias = npt.NDArray[
    np.uint8
]  # (height, width) or (height, width, channels), BGR unless it says RGB
Samples: TypeAlias = npt.NDArray[np.int16]  # mono sound
Flags: TypeAlias = npt.NDArray[np.bool_]
Box: TypeAlias = tuple[int, int, int, int]  # x0, y0, x1, y1 in px; x1 and y1 are exclusive


def runs(flags: Flags) -> list[tuple[int, int]]:
    """The runs of True in (n,), as start and end (exclusive)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
