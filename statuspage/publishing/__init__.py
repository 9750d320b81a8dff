"""What the public reads: a snapshot of the page becomes bytes in a folder."""
