"""Writes all drawings."""

from scripts.drawings import DOCS
from scripts.drawings.catalog import CATALOG


def main() -> None:
    """Draw and write."""
    for name, draw in CATALOG.items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(draw().render(), encoding="utf-8")


if __name__ == "__main__":
    main()
