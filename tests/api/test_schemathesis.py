"""Requests made up from the API's own document, good and bad, against a real server.

The fuzzer's command is used, not its pytest plugin, which knows no pytest 9.2.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.api.live import live_server

TOKEN = "the-fuzzers-own"
ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.slow
def test_the_server_does_what_its_document_says(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_board: Path, own_home: Path
) -> None:
    few = ("--max-examples", "3") if request.config.getoption("--postgresql") else ()
    folder = tmp_path / "fuzzed"
    # A token that the fuzzer makes must not shut it out.
    with live_server(folder, migrated_board, own_home, token=SecretStr(TOKEN)) as url:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
                *("run", f"{url}/openapi.json"),
                # An event stream has no end; test_events.py reads it.
                *("--exclude-path", "/api/events", "--no-color", *few),
                *("--header", f"Authorization: Bearer {TOKEN}"),
            ],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert done.returncode == 0, done.stdout + done.stderr
