"""The drawings of docs/how-it-works, made by code from the numbers that they show.

`svg` knows shapes, colours and text; the other modules have the drawings of one page each. Run
``make drawings`` to write them all; a test compares them with the files in the repository.
"""

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "how-it-works" / "figures"
