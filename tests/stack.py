"""A whole Winnow, started and asked as users do: by its command and by its public API, never from inside."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import orjson
import pytest

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "samples"
SAMPLE = next(SAMPLES.glob("*/sample.json")).parent
AS_OF = orjson.loads((SAMPLE / "sample.json").read_bytes())["as_of"]

Json = dict[str, Any]


class Patient(httpx.Client):
    """Slows down when it is told to, as whoever asks faster than a person has to."""

    def send(self, request: httpx.Request, **more: Any) -> httpx.Response:
        answer = super().send(request, **more)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            time.sleep(1)
            answer = super().send(request, **more)
        return answer


class Stack:
    """Three services, NATS and PostgreSQL on a data folder of their own; today is the sample's day."""

    def __init__(self, data: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data = data
        self._environment = {**os.environ, "WINNOW_TODAY": AS_OF, **(environment or {})}
        self._api: httpx.Client | None = None
        self.link = ""

    def up(self) -> Self:
        """Starts it, or what a killed one left; keeps the sign-in link that a first start prints."""
        self.link = self.winnow("up", "--detach", "--ports", "auto")["signIn"] or self.link
        return self

    def down(self) -> None:
        self.winnow("down")
        if self._api is not None:
            self._api.close()

    def run(self, *words: str, timeout: float = 180) -> tuple[int, Json]:
        """The command's exit code and its one JSON document."""
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "services.cli.main", "--data", self.data, "--json", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=self._environment,
            timeout=timeout,
            check=False,
        )
        return ran.returncode, orjson.loads(ran.stdout)

    def winnow(self, *words: str, timeout: float = 180) -> Json:
        """As `run`, for commands that must succeed."""
        code, document = self.run(*words, timeout=timeout)
        assert code == 0, (words, document, self.log())
        return document

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """A command that runs on while the test does something else."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "services.cli.main", "--data", self.data, "--json", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=self._environment,
        )

    def wait(self, timeout: int = 120) -> None:
        """Until everything has been worked off."""
        self.winnow("wait", "--timeout", str(timeout), timeout=timeout + 30)

    @property
    def status(self) -> Json:
        return self.winnow("status")

    def pid(self, name: str) -> int | None:
        """The process of that name, None while there is none."""
        return next(each["pid"] for each in self.status["processes"] if each["name"] == name)

    @contextmanager
    def silenced(self, name: str) -> Generator[None]:
        """The process of that name neither answers nor ends, until the block is left."""
        pid = self.pid(name)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @property
    def token(self) -> str:
        return (self.data / "token").read_text().strip()

    @property
    def api(self) -> httpx.Client:
        """The public HTTP API as the first person."""
        if self._api is None:
            self._api = self.client(self.token)
        return self._api

    def client(self, token: str) -> httpx.Client:
        """The public HTTP API as somebody."""
        return Patient(
            base_url=self.status["http"],
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
            trust_env=False,
        )

    def get(self, path: str, **query: Any) -> Json:
        answer = self.api.get(path, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: Mapping[str, Any]) -> Json:
        answer = self.api.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def put(self, source: str, *resources: Json) -> list[Json]:
        """Says what resources a source has now; each `{externalId, title, outline, …}`."""
        answer = self.post("/v1/resources:batchUpsert", {"source": source, "resources": list(resources)})
        return answer["resources"]

    def suggestions(self, *states: str) -> list[Json]:
        return self.winnow("suggestions", "list", "--states", ",".join(states))["suggestions"]

    def about(self, *resources: str) -> list[Json]:
        """Live suggestions that have all of these `resources/{id}` among their members."""
        live = self.suggestions("OPEN", "HELD", "SNOOZED", "SCHEDULED", "APPLIED", "REJECTED")
        return [each for each in live if set(resources) <= {member["resource"] for member in each["members"]}]

    def export(self) -> bytes:
        out = self.data / "export.jsonl"
        self.winnow("export", "--out", str(out))
        return out.read_bytes()

    def person(self, email: str, *roles: str) -> httpx.Client:
        """Adds a person and is them."""
        return self.client(self.joined(email, *roles))

    def joined(self, email: str, *roles: str) -> str:
        """Adds a person, where there is none of that e-mail; a token of theirs."""
        if not any(each["email"] == email for each in self.get("/v1/people", pageSize=200)["people"]):
            body = {"email": email, "displayName": email.partition("@")[0], "roles": list(roles)}
            self.post("/v1/people", body)
        return self.winnow("token", "create", "--person", email)["token"]

    def log(self, lines: int = 40) -> str:
        """The end of the log without what is merely informative, for the message of a failed test."""
        path = self.data / "logs" / "winnow.log"
        told = path.read_text(errors="replace").splitlines() if path.exists() else []
        return "\n".join([line[:500] for line in told if '"level": "info"' not in line][-lines:])

    def import_sample(self, folder: Path = SAMPLE) -> None:
        """People and every source of the sample, or of a copy of it, in its order, worked off."""
        sample = orjson.loads((folder / "sample.json").read_bytes())
        self.winnow("people", "import", str(folder / sample["people"]))
        for source in sample["sources"]:
            self.winnow("import", str(folder / source["path"]), "--source", source["name"])
        self.wait()


def with_sample(folders: pytest.TempPathFactory) -> Stack:
    """A Winnow that has read and compared the sample: a copy of the one that reads it for all workers of this run."""
    run = folders.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    read, done = run / "sample-read", run / "sample-is-read"
    with (run / "sample-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(read, ignore_errors=True)
            first = Stack(read).up()
            try:
                first.import_sample()
            finally:
                first.down()
            (read / "ports.json").unlink()  # copies that start together would all take them
            done.touch()
    data = folders.mktemp("sample") / "data"
    # Not `shutil.copytree`: PostgreSQL's files belong to who runs it.
    subprocess.run(["cp", "-a", read, data], check=True)
    return Stack(data).up()


def eventually(true: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether it comes true within that time."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
