"""Which request is being answered: the id that its answer, its log lines and its span share."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Set by a face at its door; empty where no request is being answered."""
