import os

import pytest


@pytest.fixture(autouse=True)
def _services() -> None:
    if "TEST_DATABASE_URL" not in os.environ:
        pytest.skip("needs TEST_SERVICES=1")
