"""Take the picture of a notebook for the gallery: docs/gallery/notebook.png.

A notebook is run by nbconvert, with the kernel of this environment, and its page photographed by a
headless Chromium (``CHROMIUM`` names another one). Run it by ``make gallery``.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from scripts.drawings import trips

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "gallery" / "notebook.png"
MOST_BYTES = 200_000
SIZE = (1080, 500)
CELLS = (
    "import colstats as cs\nimport pyarrow.parquet as pq\n\n"
    'table = pq.read_table("trips.parquet")\ncs.describe(table)',
    'cs.mean(table, by="payment", numeric_only=True)',
)
#: No room around the cells, so that they fill the picture.
STYLE = "<style>body{padding:0!important;overflow:hidden}main{padding:0!important}</style>"


def notebook() -> str:
    """The notebook as a file."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{number}",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def main() -> None:
    """Run the notebook, and take the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(pa.table(trips.columns()), folder / "trips.parquet")
        (folder / "notebook.ipynb").write_text(notebook(), encoding="utf-8")
        convert = ["-m", "nbconvert", "--execute", "--to", "html", "notebook.ipynb"]
        subprocess.run([sys.executable, *convert], cwd=folder, check=True)
        page = folder / "notebook.html"
        html = page.read_text(encoding="utf-8").replace("</head>", f"{STYLE}</head>", 1)
        page.write_text(html, encoding="utf-8")
        photograph(page)
    if PICTURE.stat().st_size > MOST_BYTES:
        sys.exit(f"{PICTURE} has more than {MOST_BYTES:,} bytes")


def photograph(page: Path) -> None:
    """Take a picture of a page."""
    browser = os.environ.get("CHROMIUM", "chromium")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    size = ",".join(map(str, SIZE))
    subprocess.run(
        [browser, *flags, f"--screenshot={PICTURE}", f"--window-size={size}", page.as_uri()],
        check=True,
    )


if __name__ == "__main__":
    main()
