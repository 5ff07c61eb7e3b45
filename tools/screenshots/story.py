"""What the board of the pictures is about: a shop's checkout."""

from dataclasses import dataclass

from claudetask_core.schemas.task import Status


@dataclass(frozen=True)
class Told:
    """A task, and how far it has come."""

    title: str
    status: Status
    type: str = "Feature"
    priority: str = "Medium"
    description: str = ""
    criteria: tuple[str, ...] = ()
    depends_on: tuple[int, ...] = ()
    parent: int | None = None
    branch: str | None = None
    files: tuple[str, ...] = ()
    analysis: str | None = None


DESCRIPTION = "See the notes of the last planning; the API stays as it is."
ZONES = """Orders from Kiritimati show **yesterday** as their date: `parse_date` drops the offset.

1. Keep the offset while parsing
2. Store UTC, show the customer's own zone

```python
>>> parse_date("2026-03-01T00:30+14:00").date()
datetime.date(2026, 2, 28)   # should be March 1
```

| zone | shown | should be |
| --- | --- | --- |
| +14:00 | Feb 28 | Mar 1 |
| -11:00 | Mar 1 | Feb 28 |

Related to #6. See [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339).
"""
ANALYSIS = """**Cause.** `shop/dates.py` calls `replace(tzinfo=None)` before it compares.

- `parse_date` (line 8) loses the offset
- `Order.day` trusts it

**Plan.** Keep aware datetimes to the edge; convert in `format_day` only. *Risk: low.*
"""
NOTE = """The offset is dropped in `parse_date()`. Aware datetimes go through all of `orders.py`
now; the receipt still formats by hand."""

TASKS = (
    Told(
        "Charge cards through the new payment provider",
        Status.DONE,
        priority="High",
        branch="feat/pay",
    ),
    Told(
        "Round prices half to even on receipts",
        Status.DONE,
        "Bug",
        criteria=("0.125 becomes 0.12",),
    ),
    Told(
        "Parse order dates with time zones",
        Status.IN_PROGRESS,
        "Bug",
        "High",
        ZONES,
        (
            "Offsets are kept through the checkout",
            "Dates before 1970 parse",
            "The receipt shows the customer's zone",
        ),
        branch="fix/order-dates",
        files=("shop/dates.py", "shop/orders.py"),
        analysis=ANALYSIS,
    ),
    Told(
        "Send a receipt by e-mail after payment",
        Status.CODE_REVIEW,
        criteria=("The receipt names the order", "No mail for a refused card"),
        branch="feat/receipts",
    ),
    Told(
        "Cache exchange rates for an hour",
        Status.DONE,
        criteria=("A second call makes no request",),
    ),
    Told(
        "Show prices in the customer's currency",
        Status.READY,
        priority="High",
        depends_on=(3,),
        criteria=("Cents are right for JPY",),
    ),
    Told(
        "Retry a payment once when the network fails",
        Status.TESTING,
        priority="High",
        criteria=("Nobody is charged twice", "The log names the try"),
        branch="fix/retry",
    ),
    Told("Refuse an order that is larger than the stock", Status.DONE, "Bug", "High"),
    Told(
        "Let a customer cancel within ten minutes",
        Status.READY,
        criteria=("The card is not charged", "The stock comes back"),
    ),
    Told("Checkout in one page", Status.BACKLOG, priority="Low"),
    Told("Import the old orders", Status.ANALYSIS, depends_on=(3,)),
    Told(
        "Speed up the order list: 2 s at 10,000 orders",
        Status.IN_PROGRESS,
        "Bug",
        branch="perf/order-list",
        criteria=("Under 200 ms at 10,000 orders", "Sorting stays stable"),
    ),
    Told("Coupons that hold for one category", Status.BACKLOG),
    Told("Write the address form's error messages anew", Status.DONE, priority="Low", parent=10),
    Told("Remember the last address of a customer", Status.READY, parent=10),
    Told("Log in with a passkey", Status.BACKLOG, priority="High", depends_on=(9,)),
    Told(
        "The cart forgets its items after a deploy",
        Status.TESTING,
        "Bug",
        "High",
        criteria=("Items outlive a restart",),
    ),
    Told("Export invoices as PDF", Status.DONE),
    Told("Alert when payments fail more than 2 % of the time", Status.CODE_REVIEW, priority="High"),
    Told("Names with ß are cut on labels", Status.DONE, "Bug", "Low"),
    Told("Gift wrapping as an option", Status.BACKLOG, priority="Low"),
    Told("Search products by colour", Status.ANALYSIS, priority="Low"),
    Told("Delete carts that nobody touched for 90 days", Status.DONE, criteria=("Orders stay",)),
    Told("A discount of 100 % makes a negative tax", Status.READY, "Bug", "High"),
    Told(
        "Show the delivery day before payment",
        Status.IN_PROGRESS,
        branch="feat/delivery-day",
        depends_on=(3,),
    ),
    Told("Move the tax table to the database", Status.BACKLOG),
    Told("Order numbers that do not tell how many there are", Status.BACKLOG),
    Told("Test the refund of a partly cancelled order", Status.READY, depends_on=(9,)),
)

FILES = {
    "shop/__init__.py": "",
    "shop/dates.py": '''"""Dates of orders."""

from datetime import UTC, date, datetime


def parse_date(text: str) -> datetime:
    """The moment that a text of RFC 3339 names; its offset is lost."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=None)


def format_day(moment: datetime) -> str:
    """The day as receipts show it."""
    return f"{moment:%d %B %Y}"


def today() -> date:
    return datetime.now(UTC).date()
''',
    "shop/orders.py": '''"""Orders, from the cart to the receipt."""

from dataclasses import dataclass
from datetime import date

from shop.dates import parse_date


@dataclass(frozen=True)
class Order:
    number: int
    placed: str
    cents: int

    @property
    def day(self) -> date:
        """The day on which it was placed: where are dates parsed? In parse_date."""
        return parse_date(self.placed).date()


def within(orders: list[Order], first: date, last: date) -> list[Order]:
    """The orders placed from one day to another, both included."""
    return [order for order in orders if first <= order.day <= last]
''',
    "shop/payment.py": '''"""Payments: one try, and one more when the network fails."""


class Refused(Exception):
    """The card was refused."""


def charge(card: str, cents: int, *, tries: int = 2) -> str:
    """Charges a card and answers the payment's number."""
    if cents <= 0:
        raise Refused(f"{cents} cents cannot be charged to {card}")
    return f"p-{tries}-{cents}"
''',
    "tests/test_dates.py": """from shop.dates import parse_date


def test_parse_zones() -> None:
    assert parse_date("2026-03-01T00:30+14:00").day == 1
""",
    "README.md": "# Shop\n\nA checkout. `parse_date` reads the dates of orders; see docs.\n",
    "CLAUDE.md": """# Shop

The checkout of a small shop, in Python.

## Commands

Run `pytest -q` before every commit; `ruff check .` must be clean.

### Testing

Each bug gets a test that fails first.

## Style

- Money is whole cents, never floats
- Times are aware and in UTC; zones are for showing

## Layout

`shop/dates.py` reads dates, `shop/orders.py` holds orders, `shop/payment.py` charges cards.
""",
    ".claude/agents/backend-dev.md": """---
name: backend-dev
description: Implements tasks of the shop's backend, test first. Use it for anything under shop/.
tools: Read, Edit, Bash, mcp__claudetask__search_codebase
model: sonnet
---
You implement one task at a time.

1. Claim it with get_next_task
2. Write a failing test, then the code
3. Check each criterion with its evidence
""",
    ".claude/agents/test-writer.md": """---
name: test-writer
description: Writes the tests that a change lacks.
tools: Read, Edit, Bsh, Grep
---
You write tests that fail when the code is wrong.
""",
    ".claude/agents/reviewer.md": """---
name: reviewer
description: Reviews a change before it is merged, for correctness and for tests.
tools: Read, Grep, Glob
---
You review the diff of a task.
""",
}
