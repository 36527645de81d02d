"""The short form of `make faults`: work in every stage at once, and everything of the product is killed."""

import pytest

from tests.faults.matrix import CLUSTERS, at_a_provider, list_faults, try_fault

pytestmark = pytest.mark.slow

FAULTS = ["kill -9 everything", pytest.param("SIGTERM download children", marks=pytest.mark.long)]


@pytest.mark.parametrize("name", FAULTS)
def test_work_in_every_stage_ends_well_whatever_is_done_to_the_processes(tmp_path, name):
    fault = next(one for one in list_faults(CLUSTERS, stop_seconds=1) if one.name == name)
    with at_a_provider(tmp_path) as (site, stages):
        run = try_fault(site, stages, fault)
    assert not run.is_bad, run
    assert len(run.missed) <= 2, run.missed  # what is made in seconds may be ready before
