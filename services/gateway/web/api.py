"""The API as the page sees it: the same methods as for everyone, called in process for the person who is looking."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc
import grpc.aio
from starlette.requests import Request

from services.kit.clock import Clock

Json: TypeAlias = dict[str, Any]
Query: TypeAlias = dict[str, str | list[str]]
Get: TypeAlias = Callable[[Request, str, Query], Awaitable[Json]]
Post: TypeAlias = Callable[[Request, str, Json], Awaitable[Json]]
Upload: TypeAlias = Callable[[Request], Awaitable[Json]]

LARGEST_PAGE = "200"


@dataclass(frozen=True, slots=True)
class Api:
    """`get` and `post` take a route of the JSON API, `upload` a form with files; they raise the API's errors."""

    get: Get
    post: Post
    upload: Upload
    clock: Clock

    async def all(self, request: Request, path: str, field: str, query: Query, *, most: int) -> list[Json]:
        """The rows of a list from its pages, `most` at most."""
        found: list[Json] = []
        token = ""
        while len(found) < most:
            answer = await self.get(request, path, {**query, "pageSize": LARGEST_PAGE, "pageToken": token})
            found += answer[field]
            token = answer["nextPageToken"]
            if not token:
                break
        return found[:most]

    async def each(self, request: Request, names: Iterable[str]) -> dict[str, Json]:
        """The objects of these names (`resources/…`, `programs/…`), without those that are not there.

        Resources and programs are asked for together, 200 at a time, others one by one. Whoever may not read content
        is told that nothing is there.
        """
        wanted = [name for name in dict.fromkeys(names) if name]
        resources = [name for name in wanted if name.startswith("resources/")]
        programs = [name for name in wanted if name.startswith("programs/")]
        others = [name for name in wanted if not name.startswith(("resources/", "programs/"))]
        answers = await asyncio.gather(
            *(self._resources(request, some) for some in batches(resources)),
            *(self._programs(request, some) for some in batches(programs)),
            *(self._one(request, name) for name in others),
        )
        found = {name: one for answer in answers for name, one in answer.items()}
        return {name: found[name] for name in wanted if name in found}

    async def _resources(self, request: Request, names: Sequence[str]) -> dict[str, Json]:
        answer = await self._or_nothing(request, "/v1/resources:batchGet", {"names": list(names)})
        return answer.get("resources", {})

    async def _programs(self, request: Request, names: Sequence[str]) -> dict[str, Json]:
        query: Query = {"names": list(names), "pageSize": LARGEST_PAGE}
        answer = await self._or_nothing(request, "/v1/programs", query)
        return {each["name"]: each for each in answer.get("programs", [])}

    async def _one(self, request: Request, name: str) -> dict[str, Json]:
        answer = await self._or_nothing(request, f"/v1/{name}", {})
        return {name: answer} if answer else {}

    async def _or_nothing(self, request: Request, path: str, query: Query) -> Json:
        try:
            return await self.get(request, path, query)
        except grpc.aio.AioRpcError as error:
            if error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED):
                return {}
            raise

    async def engagement(self, request: Request, names: Iterable[str]) -> dict[str, Json]:
        """How people learn with resources and in programs, in short, by name; without those that are not there."""
        answers = await asyncio.gather(
            *(
                self.get(request, "/v1/engagement:batchQuery", {"names": some})
                for some in batches(list(dict.fromkeys(names)))
            )
        )
        return {name: one for answer in answers for name, one in answer["engagements"].items()}

    async def people(self, request: Request) -> list[Json]:
        """Everybody, those who have left too."""
        return await self.all(request, "/v1/people", "people", {}, most=2000)

    async def names_of_people(self, request: Request) -> dict[str, str]:
        """Names as shown by e-mail."""
        return names_of(await self.people(request))


def batches(names: list[str]) -> Iterator[list[str]]:
    """The names in pieces that one call takes."""
    size = int(LARGEST_PAGE)
    return (names[start : start + size] for start in range(0, len(names), size))


def same_person(one: str, other: str) -> bool:
    """Whether two e-mails are one person's: the API compares them without regard to case."""
    return bool(one) and one.casefold() == other.casefold()


def names_of(people: Iterable[Json]) -> dict[str, str]:
    """Names as shown by e-mail."""
    return {each["email"]: each["displayName"] or each["email"] for each in people}
