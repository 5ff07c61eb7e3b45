"""The log on stderr: for people one line each that no text can forge, or JSON for programs."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from claudetask_core.printable import printable
from claudetask_core.tracing import request_id

TALKATIVE = ("aiosqlite", "asyncpg", "sqlalchemy", "asyncio", "mcp", "httpx", "httpcore")
"""Libraries that would log statements, bodies and texts where we ask for our own details."""


class Text(logging.Formatter):
    """What others wrote may stand in a message: it begins no line and drives no terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record)).replace("\n", "\n    ")


class Json(logging.Formatter):
    """One object a line: at, level, logger, message, request_id and, of a fault, its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := request_id.get():
            entry["request_id"] = request
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


FORMATS: dict[str, type[logging.Formatter]] = {"text": Text, "json": Json}


def configure_logging(level: str, form: str) -> None:
    """Logs to stderr, before the SDK would put rich boxes there."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATS[form]())
    logging.basicConfig(handlers=[handler], level=level)
    for library in TALKATIVE:
        logging.getLogger(library).setLevel(level if level == "ERROR" else "WARNING")
