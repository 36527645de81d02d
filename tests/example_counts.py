"""How many examples a test with generated input tries: few in a usual run, all with THOROUGH=1."""

import os

USUAL_SHARE = 5


def count_examples(thorough: int) -> int:
    """The number of examples to try. `thorough`: with THOROUGH=1."""
    return thorough if os.environ.get("THOROUGH") else max(thorough // USUAL_SHARE, 1)
