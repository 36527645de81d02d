"""Log lines as JSON, of Django's processes and of gunicorn. Imports no Django: gunicorn starts before it."""

import logging
from typing import Any

from gunicorn.glogging import Logger
from pythonjsonlogger.json import JsonFormatter

FIELDS = ["levelname", "name", "process", "message"]
NAMES = {"levelname": "level", "name": "logger"}


def make_formatter() -> logging.Formatter:
    """One object a line: time, level, logger, process, message, and what else the line has."""
    return JsonFormatter(FIELDS, rename_fields=NAMES, timestamp="time")


class GunicornLogger(Logger):
    """What gunicorn says about its processes."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(make_formatter())
