"""The files of `/docs`."""

import pytest
from httpx2 import AsyncClient

from claudetask_api import reference

pytestmark = pytest.mark.boardless


async def test_the_reference_loads_nothing_from_another_host(client: AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "default-src 'none'; script-src 'self'" in page.headers["content-security-policy"]
    assert "://" not in page.text
    for name in ("start.js", *reference.SWAGGER):
        assert f"/docs/{name}" in page.text
        file = await client.get(f"/docs/{name}")
        assert file.status_code == 200
        known = {"If-None-Match": file.headers["etag"]}
        assert (await client.get(f"/docs/{name}", headers=known)).status_code == 304
    assert (await client.get("/docs/__init__.py")).status_code == 404


async def test_the_reference_knows_the_version_of_openapi_that_we_write(
    client: AsyncClient,
) -> None:
    """Swagger UI shows 3.1 since its version 5."""
    said = (await client.get("/openapi.json")).json()
    assert said["openapi"].startswith("3.1")
    assert b'PACKAGE_VERSION:"5.' in reference.files()["swagger-ui-bundle.js"].content


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: str) -> None:
        """Finds nothing."""

    monkeypatch.setattr(reference, "find_spec", nothing)
    reference.files.cache_clear()
    with pytest.raises(RuntimeError, match="fastapi-offline is not installed"):
        reference.files()
    monkeypatch.undo()
    reference.files.cache_clear()
