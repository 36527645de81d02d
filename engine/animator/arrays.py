"""Names for the numpy arrays that the animator passes around. Shapes stand in the docstrings, in brackets."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]  # of floats, unless the function says otherwise
Image: TypeAlias = npt.NDArray[
    np.uint8
]  # (height, width) or (height, width, channels), BGR unless it says RGB
Samples: TypeAlias = npt.NDArray[np.int16]  # mono sound
Flags: TypeAlias = npt.NDArray[np.bool_]
Box: TypeAlias = tuple[int, int, int, int]  # x0, y0, x1, y1 in px; the last two lie outside
