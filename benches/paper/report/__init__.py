"""The report, generated from the JSON of a run alone."""
