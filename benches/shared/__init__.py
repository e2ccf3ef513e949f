"""What all benchmarks have in common: the clock, the machine, tables and plots."""
