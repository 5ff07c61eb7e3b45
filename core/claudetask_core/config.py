"""Settings: environment first, then the user's own file, then what the project's may hold.

Only an entry point calls `load_settings`; everything below is handed what it needs. The
project's `.claudetask/config.toml` comes with a repository that may be hostile, so only the
harmless keys of `ProjectConfig` are taken from it, and a key that is not among them is refused.
"""

import errno
import os
import re
import stat
import tomllib
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from platformdirs import user_config_path, user_data_path
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from claudetask_core.board_sql import LONGEST_LEASE
from claudetask_core.errors import Invalid
from claudetask_core.schemas.forms import said
from claudetask_core.schemas.workflow import DEFAULT, Workflow

ENV_PREFIX = "CLAUDETASK_"
CONFIG_FILE = "config.toml"
MOST = 1_000_000
ISSUED_PREFIX = "ctk_"
"""How the tokens of persons and programs begin."""
MAY_HOLD_SECRETS = frozenset(
    {"token", "database_url", "rate_limit_storage", "anthropic_api_key", "anthropic_base_url"}
)


class ConfigurationInvalid(Invalid):
    code = "configuration_invalid"


def _rate(text: str) -> str:
    from limits import parse_many  # noqa: PLC0415 — 60 ms that a start without limits saves

    if any(item.amount < 1 for item in parse_many(text)):
        raise ValueError("a rate of 0 would refuse every call")
    return text


def _database(address: str) -> str:
    if not re.match(r"[a-z0-9]+\+[a-z0-9_]+://", address):
        raise ValueError("it must begin like sqlite+aiosqlite:// or postgresql+asyncpg://")
    return address


def _folder(path: Path) -> Path:
    if not str(path).strip():
        raise ValueError("it is blank and names no folder")
    return path


def _origins(text: str) -> str:
    for origin in filter(None, (part.strip() for part in text.split(","))):
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s*]+/?", origin):
            raise ValueError(f"{origin[:80]!r} is no origin; write them like http://localhost:3000")
    return text


def _token(secret: SecretStr) -> SecretStr:
    """Refuses what no caller could ever send, so that the server would be shut for everybody."""
    text = secret.get_secret_value()
    if not text or text != text.strip() or not text.isprintable():
        raise ValueError("it must not be empty, begin or end with a blank, or hold a line break")
    if text.startswith(ISSUED_PREFIX):
        raise ValueError(
            f"{ISSUED_PREFIX} is how the tokens begin that claudetask-mcp token create makes; they "
            "are known without it"
        )
    return secret


def _upper(value: object) -> object:
    """Other programs take the names of levels in small letters too."""
    return value.upper() if isinstance(value, str) else value


def _embedding(text: str) -> str:
    known = text in {"table", "none"} or re.match(r"https?://[^/\s]", text)
    if not known and not Path(text).expanduser().is_dir():
        raise ValueError("it must be table, none, a model's folder or the address of an endpoint")
    return text


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("it must begin with https:// or http://")
    return text.rstrip("/")


def _as_others_call_it(name: str) -> AliasChoices:
    """Our own name of a setting, that which all programs use, and the field's."""
    return AliasChoices(f"{ENV_PREFIX}{name.upper()}", name.upper(), name)


Rate = Annotated[str, AfterValidator(_rate)]
"""A rate in the notation of `limits`, such as `600/minute`."""


class Settings(BaseSettings):
    """Every setting with its default; the environment names them `CLAUDETASK_` + upper case."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, extra="forbid", env_ignore_empty=True, frozen=True
    )

    project_path: Path | None = None
    database_url: Annotated[str, AfterValidator(_database)] | None = None
    data_dir: Annotated[Path, AfterValidator(_folder)] | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8765
    token: Annotated[SecretStr, AfterValidator(_token)] | None = None
    cors_origins: Annotated[str, AfterValidator(_origins)] = ""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = (
        "WARNING"
    )
    log_format: Literal["text", "json"] = "text"
    telemetry: bool = False
    rate_limit_enabled: bool = True
    rate_limit_storage: str = "memory://"
    rate_limit_read: Rate = "3000/minute"
    rate_limit_write: Rate = "1200/minute"
    rate_limit_search: Rate = "600/minute"
    rate_limit_analysis: Rate = "30/minute"
    lease_seconds: Annotated[int, Field(ge=1, le=LONGEST_LEASE)] = 1800
    backup_keep: Annotated[int, Field(ge=0, le=365)] = 7
    analysis_provider: Literal["auto", "claude-code", "anthropic", "none"] = "auto"
    claude_bin: str = "claude"
    analysis_model: str | None = None
    analysis_timeout_seconds: Annotated[float, Field(gt=0, le=24 * 3600)] = 600
    analysis_max_budget_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    analysis_max_turns: Annotated[int, Field(ge=1, le=1000)] = 30
    analysis_max_tokens: Annotated[int, Field(ge=1)] = 2_000_000
    analysis_concurrency: Annotated[int, Field(ge=1, le=16)] = 1
    anthropic_api_key: Annotated[
        SecretStr | None, Field(validation_alias=_as_others_call_it("anthropic_api_key"))
    ] = None
    anthropic_base_url: Annotated[
        str,
        AfterValidator(_address),
        Field(validation_alias=_as_others_call_it("anthropic_base_url")),
    ] = "https://api.anthropic.com"
    index_max_file_bytes: Annotated[int, Field(ge=1)] = 1_000_000
    index_watch: bool = True
    index_history: bool = True
    search_embedding: Annotated[str, AfterValidator(_embedding)] = "table"
    search_embedding_model: str = "text-embedding-3-small"
    search_embedding_key: SecretStr | None = None
    index_exclude: tuple[str, ...] = ()
    workflow: Workflow = DEFAULT

    _files: ClassVar[Mapping[str, Any]] = {}

    @property
    def allowed_origins(self) -> list[str]:
        """The origins of `cors_origins`, without blanks and trailing slashes."""
        parts = (part.strip().rstrip("/") for part in self.cors_origins.split(","))
        return [part for part in parts if part]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings  # a project's .env is not ours to read
        return (init_settings, env_settings, InitSettingsSource(settings_cls, dict(cls._files)))


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RateLimitsSection(_Section):
    read: Rate | None = None
    write: Rate | None = None
    search: Rate | None = None
    analysis: Rate | None = None


class IndexSection(_Section):
    exclude: tuple[str, ...] = ()


def _argument(text: str) -> str:
    if "\x00" in text:
        raise ValueError("an argument cannot hold a NUL character")
    return text


Argument = Annotated[str, AfterValidator(_argument)]
CommandLine = Annotated[tuple[Argument, ...], Field(min_length=1, max_length=100)]


class VerifySection(_Section):
    """What proves a task done, each as an argument vector; `timeout_seconds` is for each."""

    commands: Annotated[tuple[CommandLine, ...], Field(max_length=20)] = ()
    timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 600


class ProjectConfig(_Section):
    """What `.claudetask/config.toml` may say."""

    lease_seconds: Annotated[int, Field(ge=1, le=LONGEST_LEASE)] | None = None
    rate_limits: RateLimitsSection = RateLimitsSection()
    index: IndexSection = IndexSection()
    verify: VerifySection = VerifySection()
    workflow: Workflow | None = None

    def as_settings(self) -> dict[str, Any]:
        """The same under the names that `Settings` uses."""
        values: dict[str, Any] = {
            f"rate_limit_{name}": rate
            for name, rate in self.rate_limits.model_dump(exclude_none=True).items()
        }
        if self.lease_seconds is not None:
            values["lease_seconds"] = self.lease_seconds
        if self.index.exclude:
            values["index_exclude"] = self.index.exclude
        if self.workflow is not None:
            values["workflow"] = self.workflow
        return values


def load_settings(
    overrides: Mapping[str, Any] | None = None, *, board: Path | None = None
) -> Settings:
    """The settings of this process.

    Args:
        overrides: What the command line said, by setting name.
        board: The board's folder, whose `config.toml` is read last where it exists.

    Raises:
        ConfigurationInvalid: A value is wrong; the sentence names the setting and its source.
    """
    user_file = user_config_path("claudetask") / CONFIG_FILE
    project: dict[str, Any] = {}
    if board is not None:
        project = _project_config(board / CONFIG_FILE).as_settings()
    own = _toml(user_file)
    files = {**project, **own}
    layered = type("Settings", (Settings,), {"_files": files, "__module__": __name__})
    try:
        return layered(**(dict(overrides or {})))
    except ValidationError as error:
        if _is_from(own, error):
            raise _wrong_in(user_file, error) from None
        raise ConfigurationInvalid(
            _sentence(error, ENV_PREFIX), next_step="Correct it and start again."
        ) from None
    except SettingsError as error:
        raise ConfigurationInvalid(
            f"{_not_json(error)}.", next_step="Correct it and start again."
        ) from None


def unknown_settings(environment: Iterable[str]) -> list[str]:
    """A sentence for each variable that is named like a setting and is none, as if misspelt.

    Args:
        environment: The names of the variables.
    """
    known = [name.upper() for name in Settings.model_fields]
    unknown = sorted(
        name
        for name in environment
        if name.upper().startswith(ENV_PREFIX)
        and name.upper().removeprefix(ENV_PREFIX) not in known
    )
    return [f"{name} is no setting and changes nothing{_meant(name, known)}." for name in unknown]


def _meant(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 — 6 ms that every start saves

    near = get_close_matches(name.upper().removeprefix(ENV_PREFIX), list(known), 1, 0.7)
    return f" (meant as {ENV_PREFIX}{near[0]}?)" if near else ""


def trust_folder() -> Path:
    """Where a person's trust in projects' commands is kept: with the user, never in a project."""
    return user_data_path("claudetask") / "trusted"


def project_config(content: bytes, path: Path) -> ProjectConfig:
    """What the contents of a project's `config.toml` say.

    Raises:
        ConfigurationInvalid: They are no such file; the sentence names `path`.
    """
    with _readable(path):
        return _checked(tomllib.loads(content.decode("utf-8-sig")), path)


def _project_config(path: Path) -> ProjectConfig:
    return _checked(_toml(path), path)


def _checked(values: dict[str, Any], path: Path) -> ProjectConfig:
    try:
        return ProjectConfig.model_validate(values)
    except ValidationError as error:
        raise _wrong_in(path, error) from None


def _wrong_in(path: Path, error: ValidationError) -> ConfigurationInvalid:
    return ConfigurationInvalid(
        f"{path}: {_sentence(error, '')}", next_step="Correct that file and try again."
    )


def _is_from(file: Mapping[str, Any], error: ValidationError) -> bool:
    """Whether what is wrong stands in that file, and was not said before it by somebody else."""
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    return name in file and (len(first["loc"]) > 1 or file[name] == first["input"])


def _toml(path: Path) -> dict[str, Any]:
    try:
        with _readable(path):
            return tomllib.loads(_content(path).decode("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return {}


def _content(path: Path) -> bytes:
    """What a plain file holds; it may be a stranger's, without end or a pipe that never speaks."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        content = file.read(MOST + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else None
    if content is None or len(content) > MOST:
        raise OSError(errno.EFBIG, "it is no plain file of at most 1 MB")
    return content


@contextmanager
def _readable(path: Path) -> Generator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationInvalid(
            f"{path} cannot be read: {error}.", next_step="Correct that file and try again."
        ) from None


def _not_json(error: SettingsError) -> str:
    """What is wrong with a variable that should hold JSON; the library names the field alone."""
    named = re.findall(r'field "(\w+)"', str(error))
    return f"Setting {ENV_PREFIX}{''.join(named).upper()} is wrong: it is not JSON"


def _sentence(error: ValidationError, prefix: str) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    plain = name.removeprefix(ENV_PREFIX).lower()  # where others know it too, the prefix is there
    shown = f"{prefix}{plain.upper()}" if prefix else name
    given = "" if plain.split(".")[0] in MAY_HOLD_SECRETS else f" (got {first['input']!r:.80})"
    return f"Setting {shown} is wrong: {said(first)}{given}."
