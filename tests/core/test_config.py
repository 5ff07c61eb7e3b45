from collections.abc import Iterator
from pathlib import Path

import pytest

from claudetask_core.config import load_settings
from claudetask_core.errors import DomainError


@pytest.fixture
def user_config(own_home: Path) -> Iterator[Path]:
    folder = own_home / ".config" / "claudetask"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "config.toml"
    file.write_text("")
    yield file
    file.unlink(missing_ok=True)  # the home is that of all tests of this process


def test_environment_beats_the_users_file_beats_the_projects(
    tmp_path: Path, user_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text(
        'lease_seconds = 1\n[rate_limits]\nread = "1/minute"\nwrite = "1/minute"\n'
        '[index]\nexclude = ["generated/**"]\n'
    )
    user_config.write_text('lease_seconds = 2\nrate_limit_read = "2/minute"\n')
    monkeypatch.setenv("CLAUDETASK_LEASE_SECONDS", "3")
    settings = load_settings(board=tmp_path)
    assert settings.lease_seconds == 3
    assert (settings.rate_limit_read, settings.rate_limit_write) == ("2/minute", "1/minute")
    assert settings.index_exclude == ("generated/**",)
    assert load_settings({"lease_seconds": 4}, board=tmp_path).lease_seconds == 4


def test_the_level_of_the_log_may_be_written_in_small_letters(
    monkeypatch: pytest.MonkeyPatch, user_config: Path
) -> None:
    user_config.write_text('log_level = "info"\n')
    assert load_settings().log_level == "INFO"
    monkeypatch.setenv("CLAUDETASK_LOG_LEVEL", "debug")
    assert load_settings().log_level == "DEBUG"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "99999"),
        ("LEASE_SECONDS", "soon"),
        ("RATE_LIMIT_READ", "often"),
        ("LOG_LEVEL", "LOUD"),
        ("ANALYSIS_PROVIDER", "oracle"),
        ("ANALYSIS_TIMEOUT_SECONDS", "0"),
        ("ANALYSIS_MAX_BUDGET_USD", "inf"),
        ("RATE_LIMIT_WRITE", "0/minute"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "http://a,localhost:3000"),
        ("DATA_DIR", "   "),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "postgresql://no-async-driver"),
        ("SEARCH_EMBEDDING", "/no/such/folder"),
        ("SEARCH_EMBEDDING", "http://"),
        ("TOKEN", " "),
        ("TOKEN", "secret\n"),
        ("TOKEN", "ctk_0123456789ab_secret"),
    ],
)
def test_a_wrong_value_is_a_sentence_that_names_it(
    monkeypatch: pytest.MonkeyPatch, user_config: Path, name: str, value: str
) -> None:
    monkeypatch.setenv(f"CLAUDETASK_{name}", value)
    with pytest.raises(DomainError) as refusal:
        load_settings()
    assert refusal.value.code == "configuration_invalid"
    assert f"CLAUDETASK_{name}" in str(refusal.value)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("leese_seconds = 60", "leese_seconds"),
        ("CLAUDETASK_LEASE_SECONDS = 60", "CLAUDETASK_LEASE_SECONDS"),
        ('lease_seconds = "soon"', "lease_seconds"),
        ('CLAUDETASK_TOKEN = "s3cret"', "CLAUDETASK_TOKEN"),
    ],
)
def test_what_is_wrong_in_the_users_file_is_told_with_the_file_and_as_it_stands_there(
    user_config: Path, line: str, name: str
) -> None:
    user_config.write_text(line)
    with pytest.raises(DomainError) as refusal:
        load_settings()
    assert f"{user_config}: Setting {name} is wrong: " in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def test_a_byte_order_mark_before_a_file_of_settings_is_no_fault(
    tmp_path: Path, user_config: Path
) -> None:
    user_config.write_bytes(b"\xef\xbb\xbfbackup_keep = 3\n")
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbflease_seconds = 60\n")
    settings = load_settings(board=tmp_path)
    assert (settings.backup_keep, settings.lease_seconds) == (3, 60)


@pytest.mark.parametrize(
    "line",
    [
        'database_url = "postgresql://evil"',
        'token = "x"',
        'claude_bin = "./evil.sh"',
        'host = "0.0.0.0"',
        "lease_seconds = -1",
        "not toml",
    ],
)
def test_a_projects_file_may_hold_no_binary_address_or_secret(
    tmp_path: Path, user_config: Path, line: str
) -> None:
    """The file comes with a repository that may be hostile."""
    (tmp_path / "config.toml").write_text(line)
    with pytest.raises(DomainError) as refusal:
        load_settings(board=tmp_path)
    assert refusal.value.code == "configuration_invalid"
    assert "config.toml" in str(refusal.value)


def test_a_token_is_shown_neither_in_the_settings_nor_in_an_error(
    monkeypatch: pytest.MonkeyPatch, user_config: Path
) -> None:
    monkeypatch.setenv("CLAUDETASK_TOKEN", "s3cret")
    assert "s3cret" not in repr(load_settings())


def test_origins_are_split_and_trimmed(monkeypatch: pytest.MonkeyPatch, user_config: Path) -> None:
    monkeypatch.setenv("CLAUDETASK_CORS_ORIGINS", " http://a:1/ , ,http://b ")
    assert load_settings().allowed_origins == ["http://a:1", "http://b"]


def test_an_empty_variable_counts_as_absent(
    monkeypatch: pytest.MonkeyPatch, user_config: Path
) -> None:
    monkeypatch.setenv("CLAUDETASK_PORT", "")
    assert load_settings().port == 8765


def test_a_wrong_address_is_refused_without_the_password_in_it(
    monkeypatch: pytest.MonkeyPatch, user_config: Path
) -> None:
    monkeypatch.setenv("CLAUDETASK_DATABASE_URL", "mysql://user:hunter2@host/db")
    with pytest.raises(DomainError) as refusal:
        load_settings()
    assert "hunter2" not in str(refusal.value)


def test_a_value_that_is_no_json_where_a_list_is_wanted_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, user_config: Path
) -> None:
    monkeypatch.setenv("CLAUDETASK_INDEX_EXCLUDE", "generated")
    with pytest.raises(DomainError) as refusal:
        load_settings()
    assert refusal.value.code == "configuration_invalid"
    assert str(refusal.value) == (
        "Setting CLAUDETASK_INDEX_EXCLUDE is wrong: it is not JSON. Correct it and start again."
    )


def test_an_address_that_others_name_too_is_named_once_and_its_password_not_shown(
    monkeypatch: pytest.MonkeyPatch, user_config: Path
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "ftp://user:hunter2@host")
    with pytest.raises(DomainError) as refusal:
        load_settings()
    assert str(refusal.value).startswith("Setting CLAUDETASK_ANTHROPIC_BASE_URL is wrong: it must")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("value", ["none", "https://embeddings.example/v1", "~"])
def test_an_embedding_is_a_table_a_folder_or_an_endpoint(
    monkeypatch: pytest.MonkeyPatch, user_config: Path, value: str
) -> None:
    monkeypatch.setenv("CLAUDETASK_SEARCH_EMBEDDING", value)
    assert load_settings().search_embedding == value


def test_an_empty_token_on_the_command_line_is_not_as_good_as_none() -> None:
    """`--token "$UNSET"` would open the board to everybody who reaches the port."""
    with pytest.raises(DomainError) as refusal:
        load_settings({"token": ""})
    assert "CLAUDETASK_TOKEN" in str(refusal.value)
