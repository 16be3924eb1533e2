"""The API as the page sees it: the same methods as for everyone, called in process for the person who is looking."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import grpc
import grpc.aio
from starlette.requests import Request

from services.gateway.patience import while_alive
from services.kit import rpc
from services.kit.clock import Clock

T = TypeVar("T")
Json: TypeAlias = dict[str, Any]
Query: TypeAlias = dict[str, str | list[str]]
Get: TypeAlias = Callable[[Request, str, Query], Awaitable[Json]]
Post: TypeAlias = Callable[[Request, str, Json], Awaitable[Json]]
Upload: TypeAlias = Callable[[Request], Awaitable[Json]]

LARGEST_PAGE = "200"
_MOST_NOTES = 4000  # on 200 suggestions together; what is more is not read
_SIGN_OF_LIFE = 3.0  # seconds that the curator has to say whether it is there
_NAME = re.compile(r"\w+/[^/:]{1,100}")  # what is of another form names nothing


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
        """The objects of these names (`resources/…`, `programs/…`, `suggestions/…`), without those that are not there.

        Those of a kind are asked for together; a resource comes without its text, a suggestion without what is quoted
        of one. Whoever may not read content is told that nothing is there.
        """
        wanted = [name for name in dict.fromkeys(names) if _NAME.fullmatch(name)]
        answers = await asyncio.gather(
            *(
                asked(request, some)
                for kind, asked in (
                    ("resources/", self._resources),
                    ("programs/", self._programs),
                    ("suggestions/", self._suggestions),
                )
                for some in batches([name for name in wanted if name.startswith(kind)])
            )
        )
        found = {name: one for answer in answers for name, one in answer.items()}
        return {name: found[name] for name in wanted if name in found}

    async def _resources(self, request: Request, names: list[str]) -> dict[str, Json]:
        answer = await if_read(
            self.get(request, "/v1/resources:batchGet", {"names": names}), {"resources": {}}
        )
        return answer["resources"]

    async def _programs(self, request: Request, names: list[str]) -> dict[str, Json]:
        asked = self.all(request, "/v1/programs", "programs", {"names": names}, most=len(names))
        return {each["name"]: each for each in await if_read(asked, [])}

    async def _suggestions(self, request: Request, names: list[str]) -> dict[str, Json]:
        query: Query = {"names": names, "view": "BASIC"}
        asked = self.all(request, "/v1/suggestions", "suggestions", query, most=len(names))
        return {each["name"]: each for each in await if_read(asked, [])}

    async def of_curator(self, request: Request, asked: Awaitable[Json]) -> Json:
        """What the curator answers to `asked`, waited for only while it gives signs of life; else Unavailable.

        Checking a long text takes as long as it takes, while nobody should wait half a minute to learn that the curator
        is not there.
        """
        return await while_alive(asked, lambda: self._curator_lives(request), "curator")

    async def _curator_lives(self, request: Request) -> bool:
        try:
            await asyncio.wait_for(self.get(request, "/v1/index/status", {}), _SIGN_OF_LIFE)
        except TimeoutError:
            return False
        except grpc.aio.AioRpcError as error:
            return not rpc.is_down(error)
        return True

    async def notes(self, request: Request, suggestions: Iterable[str]) -> list[Json]:
        """The notes on these suggestions, which are there, oldest first."""
        found: list[Json] = []
        for first, *others in batches(list(dict.fromkeys(suggestions))):
            query: Query = {"alsoOn": others}
            found += await self.all(request, f"/v1/{first}/notes", "notes", query, most=_MOST_NOTES)
        return found

    async def note(self, request: Request, parent: str) -> None:
        """Writes what a form says as a note on a resource or program."""
        form = await request.form()
        body = {"text": str(form.get("text", "")), "requestId": str(form.get("request_id", ""))}
        await self.post(request, f"/v1/{parent}/notes", body)

    async def engagement(
        self, request: Request, names: Iterable[str], *, months: int = 12, before: bool = False
    ) -> dict[str, Json]:
        """How people learn with resources and in programs, in short, by name; without those that are not there.

        Of programs also in the newest 6 or 3 months, and `before` in the same months a year before, too.
        """
        asked: Query = {"months": str(months), "yearBefore": "true" if before else "false"}
        answers = await asyncio.gather(
            *(
                self.get(request, "/v1/engagement:batchQuery", {"names": some, **asked})
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


async def if_up(asked: Awaitable[T], seconds: float) -> T | None:
    """The answer; None when whoever gives it is down, or slower than that. A page does not wait for the curator."""
    try:
        return await asyncio.wait_for(asked, seconds)
    except TimeoutError:
        return None
    except grpc.aio.AioRpcError as error:
        if rpc.is_down(error):
            return None
        raise


async def if_read(asked: Awaitable[T], nothing: T) -> T:
    """The answer; `nothing` for whoever may not read content."""
    try:
        return await asked
    except grpc.aio.AioRpcError as error:
        if error.code() == grpc.StatusCode.PERMISSION_DENIED:
            return nothing
        raise


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
