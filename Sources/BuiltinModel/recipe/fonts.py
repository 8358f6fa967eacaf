"""Font files of the families in fonts.md.

`python fonts.py packages` prints the Debian packages to install.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("fonts.md")
# fontconfig's weights: 80 is regular, 100 medium, 200 bold, 210 black. Thinner strokes vanish at 64 pixels.
LIGHTEST, HEAVIEST = 75, 215
NORMAL_WIDTH = "100"
UPRIGHT = "0"
OUTLINES = {".otf", ".ttf"}


@dataclass(frozen=True)
class Family:
    set: str
    name: str
    package: str
    licence: str


def families() -> list[Family]:
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TABLE.read_text().splitlines()
             if line.startswith("|")]
    return [Family(*row) for row in cells[2:]]


def files(sets: set[str], lightest: float = LIGHTEST) -> list[tuple[str, int]]:
    """(path, face index) of every static upright face of normal width, one per family and weight, sorted."""
    found = []
    for family in families():
        if family.set not in sets:
            continue
        weights = _faces(family)
        if not weights:
            raise SystemExit(f"no face of '{family.name}' is installed; apt-get install {family.package}")
        found += [face for weight, face in sorted(weights.items()) if lightest <= weight <= HEAVIEST]
    return found


def _faces(family: Family) -> dict[float, tuple[str, int]]:
    layout = "%{family[0]}|%{slant}|%{width}|%{variable}|%{weight}|%{index}|%{file}\n"
    listing = subprocess.run(
        ["fc-list", f":family={family.name}", f"--format={layout}"],
        capture_output=True, text=True, check=True).stdout
    faces = {}
    for line in sorted(listing.splitlines()):
        name, slant, width, variable, weight, index, path = line.split("|")
        wanted = (name, slant, width, variable) == (family.name, UPRIGHT, NORMAL_WIDTH, "False")
        if wanted and Path(path).suffix in OUTLINES:
            faces.setdefault(float(weight), (path, int(index)))
    return faces


if __name__ == "__main__":
    if sys.argv[1:] != ["packages"]:
        raise SystemExit("usage: fonts.py packages")
    print(" ".join(sorted({"fontconfig"} | {family.package for family in families()})))
