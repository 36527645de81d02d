"""One running product for all tests of this folder: starting it takes some seconds.

It takes both cores and its tests wait for it: they run one after the other in one process (see `--dist loadgroup`).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product.running import Product, running

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group("product"))


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("product") / "data") as product:
        yield product
