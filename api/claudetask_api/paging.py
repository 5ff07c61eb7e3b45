"""Links from one page of a list to the others (RFC 8288)."""

from starlette.datastructures import URL


def links(url: URL, total: int, limit: int, offset: int) -> str:
    """The value of a `Link` header.

    Args:
        url: The request's own address, whose other parameters stay.
        total: How many there are on all pages.
        limit: How many a page holds.
        offset: How many stand before this page.
    """
    last = max(0, total - 1) // limit * limit
    pages = {"first": 0}
    if offset > 0:
        pages["prev"] = max(0, min(offset, total) - limit)
    if offset + limit < total:
        pages["next"] = offset + limit
    pages["last"] = last
    return ", ".join(
        f'<{url.include_query_params(limit=limit, offset=at)}>; rel="{name}"'
        for name, at in pages.items()
    )
