"""What is counted, as Prometheus reads it: requests, tool calls, the board, the process."""

import time
from collections.abc import Collection
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from claudetask_core.schemas.project import ProjectStatus

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
OTHER: Final = "other"
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The figures of one server. No label holds what a caller may choose freely."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "claudetask_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "claudetask_http_request_seconds",
            "How long requests took.",
            ["route"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._calls = Counter(
            "claudetask_mcp_calls", "Tool calls answered.", ["tool", "outcome"], registry=registry
        )
        self._call_seconds = Histogram(
            "claudetask_mcp_call_seconds",
            "How long tool calls took.",
            ["tool"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._tasks = Gauge(
            "claudetask_tasks", "Tasks on the board.", ["status"], registry=registry
        )
        self._jobs = Gauge(
            "claudetask_jobs_unfinished", "Analyses that wait or run.", registry=registry
        )
        self._complete = Gauge(
            "claudetask_index_complete", "How much of the tree is indexed, 0 to 1.",
            registry=registry,
        )  # fmt: skip

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        method = method if method in METHODS else OTHER
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def called(self, tool: str, *, failed: bool, seconds: float) -> None:
        """Counts a call of a tool that there is."""
        self._calls.labels(tool, "refused" if failed else "answered").inc()
        self._call_seconds.labels(tool).observe(seconds)

    def text(self, status: ProjectStatus) -> bytes:
        """All figures, with the board's as they are now."""
        for name, count in status.counts.items():
            self._tasks.labels(str(name)).set(count)
        self._jobs.set(len(status.jobs))
        self._complete.set(status.index.complete)
        return generate_latest(self._registry)


class Measured:
    """Counts every answer by the route that gave it; `beside` are paths without a pattern."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, beside: Collection[str] = ()) -> None:
        self._app = app
        self._metrics = metrics
        self._beside = frozenset(beside)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - begun
            self._metrics.requested(scope["method"], self._route(scope), status, seconds)

    def _route(self, scope: Scope) -> str:
        """The route's own pattern: a path would make a series of every task."""
        if scope["path"] in self._beside:
            return scope["path"]
        return str(getattr(scope.get("route"), "path", OTHER))
