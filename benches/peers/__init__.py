"""Everybody who offers a mean and a standard deviation, side by side."""
