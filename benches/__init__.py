"""What is measured, by command: each module here is run by a target of the Makefile."""
