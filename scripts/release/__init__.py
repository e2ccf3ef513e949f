"""What must hold before a release is tagged: `make release-check`.

`report` runs checks and prints a line for each; `sources` has those that read the repository,
`links` those of the pages that registries show, `packages` those that build what is uploaded. A
check returns what it found, or raises `Unready` with the reason and the way out.
"""
