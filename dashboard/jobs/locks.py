"""Locks with a name, for what must not happen twice at the same moment on all machines together."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from dashboard.models import Lease


@contextmanager
def hold_lock(name: str) -> Iterator[None]:
    """A transaction beside which no other one with this lock runs: what it reads is still so when it writes.

    On SQLite every transaction runs alone. Keep it short. Inside another transaction it is held until that one ends.
    """
    with transaction.atomic():
        row = Lease.objects.select_for_update().filter(name=name).values_list("name")
        if not list(row):  # the first time ever
            Lease.objects.get_or_create(name=name)
            list(row.all())
        yield
