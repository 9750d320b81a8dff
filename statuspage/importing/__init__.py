"""History of other status pages: read, checked whole, then stored."""
