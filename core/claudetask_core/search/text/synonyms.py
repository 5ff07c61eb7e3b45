"""Words that programs use for one another, short forms above all."""

from typing import Final

from claudetask_core.search.text.tokens import stem

_SYNONYMS: Final = (
    "auth authentication authorization", "config configuration settings options", "db database",
    "param parameter argument arg", "msg message", "req request", "resp response res",
    "ctx context", "init initialize setup", "err error exception", "fn function func",
    "util utility helper", "dir directory folder", "env environment", "doc documentation docs",
    "conn connection", "async asynchronous", "sync synchronize", "repo repository",
    "dep dependency", "pkg package", "mod module", "spec specification", "impl implementation",
    "cmd command", "ws websocket", "regex regexp pattern", "str string", "num number",
    "max maximum", "min minimum", "attr attribute", "prop property", "elem element",
    "ref reference", "var variable", "val value", "tmp temporary", "del delete remove",
    "cache caching memoize", "log logging logger", "parse parser parsing",
    "serialize serialization encode marshal", "deserialize decode unmarshal",
    "route router routing", "middleware interceptor plug", "schema model", "http web",
    "cli commandline", "ui interface", "concurrent concurrency parallel", "retry retries backoff",
    "limit limiter throttle", "stream streaming", "escape sanitize", "render rendering",
    "template view", "queue job", "transaction tx", "temp temporary", "exec execute run",
    "info information", "id identifier",
)  # fmt: skip


def _widenings() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for row in _SYNONYMS:
        stems = {stem(word) for word in row.split()}
        for one in stems:
            found.setdefault(one, set()).update(stems - {one})
    return {one: tuple(sorted(others)) for one, others in found.items()}


WIDER: Final = _widenings()
