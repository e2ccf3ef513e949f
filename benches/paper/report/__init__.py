"""The report, drawn from the JSON of a run, and from nothing else."""
