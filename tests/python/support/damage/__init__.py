"""Damages files by the thousand, and holds the reader of files to two answers.

A damaged file is refused with one line that names it, or it is answered like the batches that
pyarrow reads from it and `validate(full=True)` accepts. A crash, a hang, another exception or a row
that vanishes is a finding. `python -m support.damage`, or `make attack-files`, does this for long.
"""
