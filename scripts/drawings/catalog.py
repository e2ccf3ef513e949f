"""All drawings, by the names of their files."""

from collections.abc import Callable

from scripts.drawings import integers, merging, numbers, paths, rounding
from scripts.drawings.svg import Drawing

CATALOG: dict[str, Callable[[], Drawing]] = {
    name: draw
    for module in (numbers, integers, paths, rounding, merging)
    for name, draw in module.DRAWINGS.items()
}
