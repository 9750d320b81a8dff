"""Benchmarks: `make bench` prints one line of JSON per figure."""
