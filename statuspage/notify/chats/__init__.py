"""Chat services: one module each, alike, so that a new one is made by copying a neighbour."""
