"""The API's reference, which comes from this server alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.support import Board

pytestmark = pytest.mark.slow


def test_the_reference_shows_the_api_and_asks_no_other_host(
    board: Board, visit: Visit, asked: list[str]
) -> None:
    page = visit("docs")
    expect(page.locator(".info .title")).to_contain_text("ClaudeTask")
    operation = page.locator("#operations-tasks-list_tasks")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table tbody .response-col_status")
    expect(answer).to_contain_text("200")
    assert [address for address in asked if not address.startswith((board.url, "data:"))] == []
