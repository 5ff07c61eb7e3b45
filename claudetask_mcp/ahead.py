"""The client's first questions, answered before the program that answers them is loaded.

A client gives a server two or three seconds to say what it is and what tools it has. To load what
speaks the protocol takes half a second, and ten on a busy machine. The answers are always the same
ones, so they lie in a file, and the server that is loaded meanwhile gets the questions too: what it
answers to them is dropped. Only what is beyond doubt is answered: a start without settings of its
own, questions of the plain form. All else waits for the server.
"""

from __future__ import annotations

import json
import os

from claudetask_core import __version__
from claudetask_core.places import board_on_disk, user_config

TYPE_CHECKING = False  # as in wire
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

ANSWERS = os.path.join(os.path.dirname(__file__), "first_answers.json")
PREFIX = "CLAUDETASK_"
PROJECT = "CLAUDETASK_PROJECT_PATH"
META = "io.modelcontextprotocol/"
LISTEN = "subscriptions/listen"
LISTENED = "notifications/subscriptions/acknowledged"
LISTS_CHANGED = frozenset({"toolsListChanged", "promptsListChanged", "resourcesListChanged"})
LONGEST = 65536


class Ahead:
    """What may be answered ahead, and what was.

    Args:
        answers: The contents of the file.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers
        self._server = {**answers["server"], "version": __version__}
        self._stage = ""
        self._answered: set[str] = set()
        self._listened: set[str] = set()

    def answer(self, line: bytes) -> bytes:
        """The answer to a line, with its end; empty where the server has to give it."""
        said: Any = None
        try:
            said = json.loads(line) if len(line) < LONGEST else None
        except (ValueError, RecursionError):
            return b""
        if not _is_object(said) or said.get("jsonrpc") != "2.0":
            return b""
        method, params = said.get("method"), said.get("params", {})
        if not isinstance(method, str) or not _is_object(params):
            return b""
        if "id" in said:
            return self._reply(said["id"], method, params)
        if method == "notifications/initialized" and self._stage == "initialize":
            self._stage = "initialized"
        return b""

    def drops(self, number: str | int) -> bool:
        """Whether the server's own answer, which is asked for once, comes too late."""
        return _taken(repr(number), self._answered)

    def drops_told(self, method: str, params: Mapping[str, Any] | None) -> bool:
        """The same for what it tells unasked."""
        if method != LISTENED or not self._listened:
            return False
        return _taken(
            repr((params or {}).get("_meta", {}).get(f"{META}subscriptionId")), self._listened
        )

    def _reply(self, number: Any, method: str, params: dict[str, Any]) -> bytes:
        key = repr(number)
        if type(number) not in (int, str) or key in self._answered | self._listened:
            return b""
        if method == LISTEN:
            return self._listening(number, params)
        result = self._result(method, params)
        if result is None:
            return b""
        self._answered.add(key)
        return _line({"id": number, "result": result})

    def _listening(self, number: str | int, params: dict[str, Any]) -> bytes:
        """Acknowledges it, which is waited for; nothing can change before the server is there."""
        wanted: Any = params.get("notifications")
        meta: Any = params.get("_meta")
        plain = _is_object(wanted) and all(wanted.get(key) is True for key in wanted)
        if self._stage != "modern" or not plain or not _is_object(meta):
            return b""
        if wanted.keys() - LISTS_CHANGED or params.keys() - {"notifications", "_meta"}:
            return b""
        if not self._is_modern(meta):
            return b""
        self._listened.add(repr(number))
        told = {"_meta": {f"{META}subscriptionId": number}, "notifications": wanted}
        return _line({"method": LISTENED, "params": told})

    def _result(self, method: str, params: dict[str, Any]) -> dict[str, Any] | None:
        if method == "initialize":
            return self._greeting(params)
        if params.keys() - {"_meta"}:
            return None
        meta: Any = params.get("_meta")
        modern = _is_object(meta) and self._is_modern(meta)
        if method == "server/discover" and modern and self._stage in ("", "modern"):
            self._stage = "modern"
            return self._now(self._answers["hello"] | self._answers["discover"])
        found = self._answers["lists"].get(method)
        if found is None or self._stage != ("modern" if modern else "initialized"):
            return None
        return self._now(found) if modern else found

    def _greeting(self, params: dict[str, Any]) -> dict[str, Any] | None:
        version, client = params.get("protocolVersion"), params.get("clientInfo")
        if self._stage or version not in self._answers["versions"]:
            return None
        if not _is_client(client) or not _are_capabilities(params.get("capabilities")):
            return None
        self._stage = "initialize"
        own = {"protocolVersion": version, "serverInfo": self._server}
        return self._answers["hello"] | own

    def _is_modern(self, meta: dict[str, Any]) -> bool:
        return (
            meta.get(f"{META}protocolVersion") in self._answers["discover"]["supportedVersions"]
            and _is_client(meta.get(f"{META}clientInfo"))
            and _are_capabilities(meta.get(f"{META}clientCapabilities"))
        )

    def _now(self, result: dict[str, Any]) -> dict[str, Any]:
        """The result as the newer era has it."""
        return {**result, **self._answers["modern"], "_meta": {f"{META}serverInfo": self._server}}


def ahead(
    arguments: Sequence[str], environment: Mapping[str, str], folder: str | None
) -> Ahead | None:
    """What can be answered ahead; None where a setting may change it, or forbid the start.

    Args:
        arguments: Those of the command line.
        environment: The variables of this process.
        folder: The current folder, where there is one.
    """
    named = _project(arguments)
    if named is None or not _is_plain(environment):
        return None
    exact = named or environment.get(PROJECT, "")
    start = exact or environment.get("CLAUDE_PROJECT_DIR") or folder
    if not start or not os.path.isdir(os.path.expanduser(start)):
        return None
    config = os.path.join(board_on_disk(start, exact=bool(exact)), "config.toml")
    try:
        if os.path.lexists(config) and _names_a_workflow(config):
            return None
        with open(ANSWERS, encoding="utf-8") as file:
            return Ahead(json.load(file))
    except (OSError, ValueError):
        return None


def _project(arguments: Sequence[str]) -> str | None:
    """What `--project` names, or nothing; None where there is anything else."""
    if not arguments:
        return ""
    option, _, value = arguments[0].partition("=")
    if option != "--project":
        return None
    rest = [value, *arguments[1:]] if "=" in arguments[0] else list(arguments[1:])
    return rest[0] if len(rest) == 1 and rest[0] and not rest[0].startswith("-") else None


def _is_plain(environment: Mapping[str, str]) -> bool:
    own = [k for k, v in environment.items() if k.upper().startswith(PREFIX) and v]
    address = environment.get("ANTHROPIC_BASE_URL") or "https://"
    return (
        set(own) <= {PROJECT}
        and address.startswith(("http://", "https://"))
        and not os.path.lexists(
            user_config(environment.get("XDG_CONFIG_HOME"), environment.get("HOME"))
        )
    )


def _names_a_workflow(config: str) -> bool:
    if not os.path.isfile(config):
        return True
    with open(config, "rb") as file:
        content = file.read(LONGEST + 1)
    return b"workflow" in content or b"\\" in content or len(content) > LONGEST


def _line(message: dict[str, Any]) -> bytes:
    whole = {"jsonrpc": "2.0", **message}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _taken(key: str, keys: set[str]) -> bool:
    if key not in keys:
        return False
    keys.remove(key)
    return True


def _is_client(client: Any) -> bool:
    return (
        _is_object(client)
        and {"name", "version"} <= client.keys()
        and all(isinstance(value, str) for value in client.values())
    )


def _are_capabilities(capabilities: Any) -> bool:
    return _is_object(capabilities) and all(
        _is_object(one) and all(isinstance(value, (bool, dict)) for value in one.values())
        for one in capabilities.values()
    )


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)
