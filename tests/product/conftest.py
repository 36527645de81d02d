"""One running product for all tests of this folder: starting it takes some seconds."""

from collections.abc import Iterator

import pytest

from tests.product.running import Product, running


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("product") / "data") as product:
        yield product
