"""The documentation names everything there is, and nothing that there is not."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from claudetask_api.app import ROUTERS
from claudetask_core.config import ENV_PREFIX, Settings
from claudetask_core.schemas.workflow import DEFAULT, Workflow
from claudetask_core.services.agents.rules import RULES
from claudetask_mcp.cli import parser

ROOT = Path(__file__).parents[2]
DOCS = {p.name: p.read_text("utf-8") for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]}
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_in_the_documentation(name: str) -> None:
    assert f"`{ENV_PREFIX}{name.upper()}`" in DOCS["configuration.md"]


def test_no_setting_is_documented_that_does_not_exist() -> None:
    named = set(re.findall(rf"`{ENV_PREFIX}([A-Z_]+)`", "".join(DOCS.values())))
    assert named <= {name.upper() for name in Settings.model_fields}


def test_documented_defaults_are_the_real_ones() -> None:
    rows = re.findall(rf"\| `{ENV_PREFIX}([A-Z_]+)` \| `([^`]+)` \|", DOCS["configuration.md"])
    shown = dict(rows)
    for name in ("PORT", "LEASE_SECONDS", "HOST", "RATE_LIMIT_READ", "RATE_LIMIT_WRITE"):
        assert shown[name] == str(Settings.model_fields[name.lower()].default)


def test_the_documented_workflow_is_the_one_that_holds_without_any() -> None:
    part = DOCS["configuration.md"].split("### The workflow")[1]
    shown = part.split("```toml")[1].split("```")[0]
    assert Workflow.model_validate(tomllib.loads(shown)["workflow"]) == DEFAULT


def test_every_route_is_in_the_documentation() -> None:
    routes = [
        (method, route.path_format)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    ]
    assert len(routes) >= 30
    missing = [f"{method} {path}" for method, path in routes if path not in DOCS["rest.md"]]
    assert missing == []


def test_every_command_is_in_the_documentation() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "claudetask_mcp", "--help"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    commands = re.findall(r"^    ([a-z-]+) {2,}", done.stdout, re.MULTILINE)
    assert {
        "init",
        "uninstall",
        "serve",
        "search",
        "index",
        "prime",
        "doctor",
        "agents",
        "claude-md",
    } <= set(commands)
    documented = DOCS["README.md"] + DOCS["tools.md"]
    missing = [name for name in commands if f"claudetask-mcp {name}" not in documented]
    assert missing == []


def test_every_rule_about_agents_is_documented_with_its_severity_and_whether_it_is_fixed() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|$", DOCS["agents.md"], re.MULTILINE)
    told = {rule: (severity, text.endswith("Fixed.")) for rule, severity, text in rows}
    moved = {"extension_case"}  # no rule's fix of a text but the store gives it another name
    wanted = {one.name: (str(one.severity), bool(one.fix) or one.name in moved) for one in RULES}
    assert told == wanted


def test_every_message_that_troubleshooting_quotes_is_one_that_the_program_says() -> None:
    sources = [*ROOT.glob("core/**/*.py"), *ROOT.glob("api/**/*.py"), *ROOT.glob("claude*/**/*.py")]
    text = "".join(path.read_text("utf-8") for path in sources)
    said = re.sub(r'"\s*\n\s*f?"', "", text)
    quoted = re.findall("“([^”]+)”", DOCS["troubleshooting.md"])
    assert len(quoted) > 20
    assert [one for one in quoted if one not in said] == []


def test_every_command_in_troubleshooting_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    named = set(re.findall(r"`claudetask-mcp ([a-z-]+)", DOCS["troubleshooting.md"]))
    assert named
    with pytest.raises(SystemExit):
        parser().parse_args(["--help"])
    assert named <= set(re.findall(r"^    ([a-z-]+) ", capsys.readouterr().out, re.MULTILINE))


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)} → {target}"
        for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
        for target in LINK.findall(path.read_text("utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_ci_runs_the_readmes_own_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    for name in ("install", "test"):
        assert f".ci/readme.py {name}" in script
        assert f"<!-- run: {name} -->" in DOCS["README.md"]


def test_every_claim_about_security_has_its_test() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCS["security.md"]))
    files = set(re.findall(r"`(tests/[\w/]+\.py)`", DOCS["security.md"]))
    code = "".join(path.read_text("utf-8") for path in ROOT.glob("tests/**/test_*.py"))
    assert len(named) >= 35
    assert [name for name in sorted(named) if f"def {name}(" not in code] == []
    assert [name for name in files if not (ROOT / name).exists()] == []
