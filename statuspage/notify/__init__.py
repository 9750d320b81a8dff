"""Who is told what, and did it arrive."""
