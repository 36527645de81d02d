"""The entry point of the web process."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
_django = get_wsgi_application()

_BOUNDARY = re.compile(r";\s*boundary=(\"[^\"]*\"|[^;\s]*)", re.IGNORECASE)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, with a content type that does not name an encoding."""
    if ";" in environ.get("CONTENT_TYPE", ""):
        environ["CONTENT_TYPE"] = _remove_charset(environ["CONTENT_TYPE"])
    return _django(environ, start_response)


def _remove_charset(content_type: str) -> str:
    """Only the media type and the boundary of a form; browsers always send UTF-8.

    Django decodes a request with any encoding that is named here, before any of our code runs: with some encodings
    the result contains invalid characters, with others it cannot be read at all.
    """
    boundary = _BOUNDARY.search(content_type)
    return content_type.partition(";")[0].strip() + (boundary[0] if boundary else "")
