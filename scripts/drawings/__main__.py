"""Writes all drawings."""

from scripts.drawings import FOLDER
from scripts.drawings.catalog import CATALOG


def main() -> None:
    """Draw and write."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, draw in CATALOG.items():
        (FOLDER / f"{name}.svg").write_text(draw().render(), encoding="utf-8")


if __name__ == "__main__":
    main()
