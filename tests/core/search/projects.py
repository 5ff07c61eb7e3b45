"""A project whose code is asked by the service, for tests of the service."""

from pathlib import Path

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.services.code.embedding import WORDS_ONLY, Embedding
from claudetask_core.services.code.search import SearchService
from tests.core.search.trees import LIMITER

SECONDS = 10


class Project:
    """A root that may move, and the service that looks at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "one"
        self.root.mkdir()
        (self.root / "limiter.py").write_text(LIMITER, encoding="utf-8")
        self.service = self.another()

    async def where(self) -> Path:
        return self.root

    def another(
        self,
        *,
        watch: bool = False,
        embedding: Embedding = WORDS_ONLY,
        history: bool = True,
        wide: tuple[Path, ...] = (),
    ) -> SearchService:
        return SearchService(
            root=self.where,
            folder=self.folder / "data" / "index",
            max_file_bytes=100_000,
            exclude=["*.skip"],
            watch=watch,
            embedding=embedding,
            history=history,
            wide=wide,
        )

    async def paths(self, query: str) -> list[str]:
        results = await self.service.search(SearchQuery(query=query))
        return [hit.path for hit in results.results]
