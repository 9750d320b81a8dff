"""A believable company to try the page with, and a mailbox that swallows its mail."""
