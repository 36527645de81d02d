"""What the database itself refuses, whatever the code does."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from avatars.models import Avatar
from engine.models import Rig
from videos.models import Batch, BatchItem, Export, Video, Voice


def is_refused(rows, **values) -> bool:
    assert rows.exists()
    try:
        with transaction.atomic():
            rows.update(**values)
    except IntegrityError:
        return True
    return False


@pytest.fixture
def one_of_each(finished):
    finished().exports.create(kind="mov")
    batch = Batch.objects.create(name="Spring")
    BatchItem.objects.create(batch=batch, number=1)
    Rig.objects.create(image_url="https://e.com/x")


@pytest.mark.parametrize("model", [Avatar, Video, Export, BatchItem, Rig])
@pytest.mark.parametrize("values", [{"state": "asleep"}, {"progress": 101}])
def test_a_job_in_an_unknown_state_or_beyond_its_end_is_refused(one_of_each, model, values):
    assert is_refused(model.objects.all(), **values)
    assert not is_refused(model.objects.all(), progress=100, state_since=timezone.now())


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Avatar, {"gender": "other"}),
        (Video, {"seconds": -1}),
        (Video, {"poster_at": -0.1}),
        (Voice, {"seconds": -1}),
        (Export, {"kind": "avi"}),
        (BatchItem, {"number": 0}),
    ],
)
def test_values_that_make_no_sense_are_refused(one_of_each, model, values):
    assert is_refused(model.objects.all(), **values)
