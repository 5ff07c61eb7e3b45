"""OpenTelemetry, where a setting wants it and the environment says where to (`OTEL_…`)."""

from importlib.util import find_spec

from fastapi.telemetry import TelemetryConfig

from claudetask_core.config import ConfigurationInvalid, Settings

EXPORTER = "opentelemetry.exporter"


def telemetry(settings: Settings) -> TelemetryConfig:
    """What is traced: requests and, through the SDK's own spans, MCP calls; never their contents.

    Raises:
        ConfigurationInvalid: It is wanted, and its libraries are not installed.
    """
    wanted = settings.telemetry
    if wanted and find_spec(EXPORTER) is None:
        raise ConfigurationInvalid(
            "Setting CLAUDETASK_TELEMETRY is true, and its libraries are not installed.",
            next_step="Install claudetask-mcp[otel], or leave the setting out.",
        )
    return {
        "tracing": wanted,
        "metrics": wanted,
        "logs": False,  # they would hold what callers sent
        "operation_spans": False,
        "auto_configure": wanted,
    }
