"""Inputs that must be refused, each with the exception that is expected."""
