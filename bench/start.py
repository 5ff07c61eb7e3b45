"""How long a client waits for the tools: spawn to `tools/list` answered, both protocol eras.

Measured against the smallest server the SDK makes, in turns, so that a busy machine slows both.

    python bench/start.py [RUNS]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MINIMAL = """
from mcp.server import MCPServer

server = MCPServer("minimal")

@server.tool()
def echo(text: str) -> str:
    return text

server.run()
"""
SERVERS = {
    "minimal MCPServer": ["-I", "-c", MINIMAL],
    "claudetask-mcp": ["-I", "-m", "claudetask_mcp"],
}
ENVELOPE: dict[str, Any] = {
    "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    }
}
HELLO: dict[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}
ERAS: dict[str, list[dict[str, Any]]] = {
    "2025-11-25": [
        {"id": 1, "method": "initialize", "params": HELLO},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
    ],
    "2026-07-28": [
        {"id": 1, "method": "server/discover", "params": ENVELOPE},
        {"id": 2, "method": "tools/list", "params": ENVELOPE},
    ],
}


def measure(arguments: list[str], messages: list[dict[str, Any]], folder: str) -> float:
    """Seconds from the spawn of a server to its answer to the last message."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit("A server has no pipes.")
        try:
            for message in messages:
                process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
                process.stdin.flush()
                while "id" in message and _answered(process.stdout.readline()) != message["id"]:
                    pass
            return time.perf_counter() - begun
        finally:
            process.kill()


def _answered(line: bytes) -> int | None:
    if not line:
        raise SystemExit("A server ended before it answered.")
    message = json.loads(line)
    if "error" in message:
        raise SystemExit(f"A server refused: {message['error']}")
    return message.get("id")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=int, nargs="?", default=7, help="turns of each server")
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "README.md").write_text("A project.\n", "utf-8")
        for era, messages in ERAS.items():
            times: dict[str, list[float]] = {name: [] for name in SERVERS}
            for turn in range(runs + 1):
                for name, arguments in SERVERS.items():
                    seconds = measure(arguments, messages, folder)
                    if turn:  # the first warms the disk's cache
                        times[name].append(seconds)
            medians = {name: statistics.median(values) for name, values in times.items()}
            for name, median in medians.items():
                spread = f"{min(times[name]) * 1000:.0f}–{max(times[name]) * 1000:.0f}"
                print(f"{era}  {name:<18} median {median * 1000:5.0f} ms  ({spread})")
            small, ours = medians.values()
            print(f"{era}  ratio {ours / small:.2f}")


if __name__ == "__main__":
    main()
