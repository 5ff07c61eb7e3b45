"""What the tests of the page share."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, Route, expect

WAIT = 12
"""Seconds that anything may take on a busy machine."""
expect.set_options(timeout=WAIT * 1000)

Json = dict[str, Any]


@dataclass(frozen=True)
class Board:
    """The server behind the page, spoken to over REST."""

    url: str
    client: httpx.Client

    def make(self, title: str, **fields: Any) -> Json:
        answer = self.client.post("/api/tasks", json={"title": title, **fields})
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    def get(self, path: str) -> Any:
        return self.client.get(path).raise_for_status().json()

    def put(self, path: str, **fields: Any) -> Json:
        changed: Json = self.client.put(path, json=fields).raise_for_status().json()
        return changed


INSERT = """
    INSERT INTO tasks
        (title, description, type, priority, status, last_criterion, notes_count, version,
        created_at, updated_at)
    VALUES (?, '', 'Feature', 'Medium', 'Backlog', 0, 0, 1,
        '2026-01-05 09:00:00.000000', '2026-01-05 09:00:00.000000')"""


def fill(database: Path, count: int) -> None:
    """Puts tasks on the board by themselves, which is faster than asking for each."""
    with closing(sqlite3.connect(database, timeout=WAIT)) as opened, opened:
        opened.executemany(INSERT, [(f"task {number}",) for number in range(1, count + 1)])


NOTE = """
    INSERT INTO notes (task_id, text, author, created_at)
    VALUES (?, ?, 'ann', '2026-01-05 09:00:00.000000')"""


def fill_notes(database: Path, task_id: int, texts: list[str]) -> None:
    """Puts notes on a task, as `fill` does tasks."""
    with closing(sqlite3.connect(database, timeout=WAIT)) as opened, opened:
        opened.executemany(NOTE, [(task_id, text) for text in texts])


def column(page: Page, status: str) -> Locator:
    return page.locator(f'.column[data-status="{status}"]')


def card(page: Page, task_id: int) -> Locator:
    return page.locator(f'.slot[data-id="{task_id}"] .card')


def stands_in(page: Page, task_id: int, status: str) -> None:
    """Waits until the page shows the task there."""
    shown = column(page, status).locator(f'.slot[data-id="{task_id}"] .card:not(.pending)')
    expect(shown).to_be_visible()


def live(page: Page) -> None:
    """Waits until the page follows the board."""
    expect(page.locator("#link-state")).to_have_attribute("data-state", "connected")


def dialog(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=name)


def holding(page: Page, path: str, method: str) -> tuple[list[Route], Callable[[], None]]:
    """Holds calls back until they are let go; those that wait, and what lets them all go."""
    waiting: list[Route] = []
    over: list[bool] = []

    def take(route: Route) -> None:
        if route.request.method == method and not over:
            waiting.append(route)
        else:
            route.continue_()

    page.route(path, take)

    def let_go() -> None:
        over.append(True)
        while waiting:
            waiting.pop().continue_()

    return waiting, let_go


def waits(page: Page, waiting: list[Route]) -> None:
    """Waits until a call is held back."""
    for _ in range(600):
        if waiting:
            return
        page.evaluate("() => new Promise(requestAnimationFrame)")
    raise AssertionError("the page asked nothing")
