"""The API as the page sees it: the same methods as for everyone, called in process for the person who is looking."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
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
        """The objects of these names (`resources/…`, `programs/…`), without those that are not there."""
        wanted = [name for name in dict.fromkeys(names) if name]
        found = await asyncio.gather(*(self._one(request, name) for name in wanted))
        return {name: one for name, one in zip(wanted, found, strict=True) if one is not None}

    async def _one(self, request: Request, name: str) -> Json | None:
        query: Query = {"view": "BASIC"} if name.startswith("resources/") else {}
        try:
            return await self.get(request, f"/v1/{name}", query)
        except grpc.aio.AioRpcError as error:
            if error.code() == grpc.StatusCode.NOT_FOUND:
                return None
            raise

    async def people(self, request: Request) -> list[Json]:
        """Everybody, those who have left too."""
        return await self.all(request, "/v1/people", "people", {}, most=2000)

    async def names_of_people(self, request: Request) -> dict[str, str]:
        """Names as shown by e-mail."""
        return names_of(await self.people(request))


def same_person(one: str, other: str) -> bool:
    """Whether two e-mails are one person's: the API compares them without regard to case."""
    return bool(one) and one.casefold() == other.casefold()


def names_of(people: Iterable[Json]) -> dict[str, str]:
    """Names as shown by e-mail."""
    return {each["email"]: each["displayName"] or each["email"] for each in people}
