"""The drawings of docs/how-it-works and the gallery, made by code from what they show.

`svg` knows shapes, colours and text; the other modules have the drawings of one page each. Run
``make drawings`` to write them all; a test compares them with the files in the repository.
"""

from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
