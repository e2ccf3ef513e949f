"""Shared by all benchmarks: the clock, the machine, tables and plots."""
