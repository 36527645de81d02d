"""`python -m tests.faults`: what the tests share needs Django's settings before it is imported."""

import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from tests.faults.matrix import main  # noqa: E402

sys.exit(main())
