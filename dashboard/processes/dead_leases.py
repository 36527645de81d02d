"""Ends the leases that killed processes of this machine still hold, so that others need not wait until they expire.

The poller does so too, for the jobs of its own machine, before it looks at them: this is for the other machines.
"""

from django.apps import apps

from dashboard.jobs.leased_job import Job

STEP_SECONDS = 10.0


def step() -> float:
    """Called on each machine; returns the seconds until the next call."""
    for model in apps.get_models():
        if issubclass(model, Job):
            model.release_dead_leases()
    return STEP_SECONDS
