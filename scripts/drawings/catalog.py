"""All drawings, by their paths under docs."""

from collections.abc import Callable

from scripts.drawings import integers, merging, numbers, paths, rounding, terminal
from scripts.drawings.svg import Drawing

MODULES = (numbers, integers, paths, rounding, merging, terminal)
CATALOG: dict[str, Callable[[], Drawing]] = {
    f"{module.ROOM}/{name}.svg": draw
    for module in MODULES
    for name, draw in module.DRAWINGS.items()
}
