"""What the wheel brings besides the package: the lessons, their pictures, and the measurements that they read.

Hatchling, which builds the wheel, calls this. An editable installation gets nothing: there the course lies beside the
package, and `resnext_edu.course` finds it in both places.
"""
import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BRINGS = {  # folder of the course: the names that go along, so that nothing goes that lies there by chance
    "notebooks": r"\d\d_[a-z0-9_]+\.ipynb",
    "figures": r"[a-z0-9_]+\.svg",
    "benchmarks": r"(results\.json|recipes\.csv|sweep\.csv)",
}


def brought(root: Path) -> dict[str, str]:
    """File of the course → its place in the wheel."""
    return {str(path): f"resnext_edu/assets/{folder}/{path.name}" for folder, names in BRINGS.items()
            for path in sorted((root / folder).iterdir()) if re.fullmatch(names, path.name)}


class CourseInTheWheel(BuildHookInterface):  # type: ignore[misc]
    """The hook."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to Hatchling, before it builds."""
        if version != "editable":
            build_data["force_include"].update(brought(Path(self.root)))
