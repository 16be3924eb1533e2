"""The embedding model: loaded once beside everything else, waited for by whoever embeds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

from services.curator.analysis.embedding import Embedder
from services.curator.ports import Vectors


class Model:
    """An embedder that may still be loading. Encoding runs in a thread, one batch at a time."""

    def __init__(self, load: Callable[[], Embedder], *, when_wanted: bool = False) -> None:
        """`when_wanted`: not loaded before somebody embeds, for a model that many catalogs never need."""
        self._load = load
        self._wanted = asyncio.Event()
        if not when_wanted:
            self._wanted.set()
        self._ready = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._embedder: Embedder | None = None

    @property
    def loaded(self) -> bool:
        """Whether texts can be embedded now."""
        return self._embedder is not None

    async def run(self) -> None:
        """Loads the model and keeps it until cancelled."""
        await self._wanted.wait()
        loop = asyncio.get_running_loop()
        loaded: asyncio.Future[None] = loop.create_future()

        def load() -> None:
            try:
                self._take()
            except BaseException as error:  # noqa: BLE001 - handed to whoever awaits the load
                loop.call_soon_threadsafe(_settle, loaded, error)
            else:
                loop.call_soon_threadsafe(_settle, loaded, None)

        # A daemon, so that a process told to stop does not wait for a model that nobody needs any more.
        threading.Thread(target=load, name="model", daemon=True).start()
        await loaded
        self._ready.set()
        await asyncio.Event().wait()

    def load_now(self) -> None:
        """Loads the model before anything else happens, for short-lived programs."""
        self._take()
        self._ready.set()

    def _take(self) -> None:
        self._embedder = self._load()

    async def embedder(self) -> Embedder:
        """The embedder, once it is loaded."""
        self._wanted.set()
        await self._ready.wait()
        if self._embedder is None:
            raise AssertionError("ready without an embedder")
        return self._embedder

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit row a text, in order."""
        embedder = await self.embedder()
        async with self._one_at_a_time:
            return await asyncio.to_thread(embedder.encode, texts)


def _settle(loaded: asyncio.Future[None], error: BaseException | None) -> None:
    if loaded.cancelled():
        return
    if error is None:
        loaded.set_result(None)
    else:
        loaded.set_exception(error)
