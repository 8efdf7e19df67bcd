"""What `make` runs: set-up, start, tests and checks. Standard library only, so that Python alone can begin."""
