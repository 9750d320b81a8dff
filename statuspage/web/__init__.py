"""Doors: HTTP in, verbs called inside site_change, HTTP out."""
