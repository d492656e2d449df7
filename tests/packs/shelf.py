"""Where the packs under test stand."""

from importlib import resources
from pathlib import Path

#: The packs that come with the software.
PACKS = Path(str(resources.files("hefu.law"))) / "packs"
#: A small whole pack that tests break in one place each.
GOOD = Path(__file__).parent / "good"
#: Tables beside the repository; absent on other machines.
SHARED = Path(__file__).parents[2].parent / "shared"
