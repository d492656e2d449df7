"""The system user that the database runs as: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from hefu.node.errors import DatabaseAccountMissing

#: Existing users that may run the database, best first; the first one is made when there is none.
NAMES = ("hefu", "postgres")


class Switch(TypedDict, total=False):
    """The keywords of `subprocess` that start a program as another user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    @property
    def is_me(self) -> bool:
        """Whether this process already runs as that user."""
        return self.uid == os.geteuid()

    def may_enter(self, folder: Path) -> bool:
        """Return whether this user can reach files in `folder`; the machine is asked, so ACLs count."""
        return self._test("-x", folder)

    def may_read(self, file: Path) -> bool:
        """Return whether this user can read `file`."""
        return self._test("-r", file)

    def give(self, path: Path) -> None:
        """Hand `path` over to this user."""
        if not self.is_me:
            os.chown(path, self.uid, self.gid)

    def _test(self, flag: str, path: Path) -> bool:
        program = shutil.which("test", path="/usr/bin:/bin") or "test"
        command = [program, flag, str(path)]
        if self.is_me:
            return subprocess.run(command, check=False).returncode == 0
        return subprocess.run(command, check=False, cwd="/", **self.switch()).returncode == 0

    def switch(self) -> Switch:
        """Return the keywords that make `subprocess` start a program as this user."""
        return {} if self.is_me else {"user": self.uid, "group": self.gid, "extra_groups": []}


def database_account() -> Account:
    """Return the user that the database runs as: this one, or a system user when this one is root.

    Raises:
        DatabaseAccountMissing: This is root and no such user can be found or made.
    """
    if os.geteuid() != 0:
        return _account(pwd.getpwuid(os.geteuid()))
    for name in NAMES:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    return _make(NAMES[0])


def _make(name: str) -> Account:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise DatabaseAccountMissing(reason="there is no useradd on this machine")
    command = [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    try:
        return _account(pwd.getpwnam(name))
    except KeyError:
        raise DatabaseAccountMissing(reason=done.stderr.strip() or "useradd failed") from None


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
