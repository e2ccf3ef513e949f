"""Libraries that offer a mean and a standard deviation, side by side."""
