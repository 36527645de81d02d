"""The entry point of the web process."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
_django = get_wsgi_application()

_BOUNDARY = re.compile(r";\s*boundary=(\"[^\"]*\"|[^;\s]*)", re.IGNORECASE)


def application(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    """Django, for requests whose content type it can bear."""
    if ";" in environ.get("CONTENT_TYPE", ""):
        environ["CONTENT_TYPE"] = _plain(environ["CONTENT_TYPE"])
    return _django(environ, start_response)


def _plain(content_type: str) -> str:
    """The kind of content and what parts a form; everything here is UTF-8, as browsers send it.

    Django decodes with any encoding that is named there, before anything else is asked: with some a request could
    say what no text can hold, with others it could not be read at all.
    """
    boundary = _BOUNDARY.search(content_type)
    return content_type.partition(";")[0].strip() + (boundary[0] if boundary else "")
