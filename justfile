# `just` lists these; each is one line of CONTRIBUTING.md.

default:
    @just --list

# Install everything for development
install:
    uv sync

# Format and mend what can be mended
format:
    uv run ruff format .
    uv run ruff check --fix .

# What CI asks before the tests
check:
    uv run ruff check .
    uv run ruff format --check .
    uv run pyright
    uv run lint-imports

# The everyday tests; `just test -k claims` for some
test *ARGS:
    uv run pytest -n auto -m "not slow" {{ARGS}}

# All tests, with those that build wheels, drive a browser, kill processes and fuzz
test-all *ARGS:
    uv run pytest -n auto --dist loadfile {{ARGS}}

# The tests of what is on a board, on boards in a PostgreSQL server that they start themselves
test-postgresql *ARGS:
    uv run pytest -n auto -m "not slow" --postgresql tests/core/tasks tests/core/analysis tests/core/similar tests/api tests/mcp tests/faces tests/postgresql {{ARGS}}

# Benchmarks: figures as ratios to a floor measured in the same run
bench:
    uv run python bench/start.py

# The pictures of docs/dashboard.md, from a real Chromium
screenshots:
    uv run python -m tools.screenshots

# All of CI
ci:
    .ci/run
