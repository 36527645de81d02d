"""One running product for all tests of this folder: starting it takes some seconds."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product.running import Product, running

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        first = tmp_path_factory.getbasetemp().parent / "product"  # of all processes of this run
        first.touch()
        first.write_text(first.read_text() or worker)
        assert first.read_text() == worker, "two processes test the product: see tests/xdist_scheduling.py"
    with running(tmp_path_factory.mktemp("product") / "data") as product:
        yield product
