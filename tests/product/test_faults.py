"""The short form of `make faults`: the faults that did the most damage, each at a stage where it hurts."""

import pytest

from tests.faults.installation import Installation
from tests.faults.matrix import list_faults, try_case
from tests.faults.stages import Stages

pytestmark = pytest.mark.slow

CASES = [
    ("kill -9 download children", "video being copied"),
    ("kill -9 everything", "video being made"),
    pytest.param("kill -9 renderer guard", "batch being made", marks=pytest.mark.long),
    pytest.param("SIGTERM worker children", "avatar being made", marks=pytest.mark.long),
    pytest.param("SIGTERM web", "upload in pieces", marks=pytest.mark.long),
    pytest.param("kill -9 supervisor", "export being made", marks=pytest.mark.long),
]


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    with Installation(folder) as installation:
        yield Stages(installation, folder)


@pytest.mark.parametrize(("fault", "stage"), CASES)
def test_the_work_ends_whatever_is_done_to_the_processes(stages, fault, stage):
    found = next(one for one in list_faults(stop_seconds=1) if one.name == fault)
    assert try_case(stages.site, stages, stages.names()[stage], found).startswith("ok")
