"""The kinds of delivery: a module each, which owes it, says who should still hear it, and tells it everywhere."""
