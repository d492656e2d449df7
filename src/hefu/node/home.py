"""The home folder: everything that one node keeps on this machine.

config.toml     settings, beside those in the environment (optional)
secrets/        the master key and the database's passwords; mode 0700
database/       the embedded database (see `postgres`)
run/            who runs here now: one note for each process
static/         files of the pages, collected
search/         the index of the catalogue; may be deleted at any time
lake/           rows of holdings and libraries, where no store is stated for them
lake-copies/    what is read of a lake in a store; may be deleted while nothing runs
"""

import os
from dataclasses import dataclass
from pathlib import Path

#: Where a node lives when HEFU_HOME names no folder: below the folder the command was typed in.
DEFAULT_NAME = "hefu-home"


@dataclass(frozen=True)
class Home:
    """The places in a home folder. Nothing is made before it is needed."""

    root: Path

    @property
    def settings(self) -> Path:
        """The file with settings."""
        return self.root / "config.toml"

    @property
    def secrets(self) -> Path:
        """Keys and passwords; for the owner's eyes only."""
        return self.root / "secrets"

    @property
    def master_key(self) -> Path:
        """The key that every other secret is sealed with."""
        return self.secrets / "master.key"

    @property
    def database(self) -> Path:
        """The embedded database."""
        return self.root / "database"

    @property
    def search(self) -> Path:
        """The index of the catalogue; made anew when it is gone."""
        return self.root / "search"

    @property
    def lake(self) -> Path:
        """Rows of holdings and libraries."""
        return self.root / "lake"

    @property
    def lake_copies(self) -> Path:
        """Copies of what is in use of a lake that lies in a store, and what is being written to it."""
        return self.root / "lake-copies"

    @property
    def tables_mark(self) -> Path:
        """Says which installation the tables were last brought up to."""
        return self.run / "tables"

    @property
    def up_lock(self) -> Path:
        """Held by the supervisor while it runs."""
        return self.run / "up.lock"

    @property
    def run(self) -> Path:
        """Notes about the processes that run now."""
        return self.root / "run"

    def make(self) -> None:
        """Make the folders, closed to others; when root runs the node, the database's own user may pass."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for folder in (self.secrets, self.run):
            folder.mkdir(exist_ok=True, mode=0o700)
