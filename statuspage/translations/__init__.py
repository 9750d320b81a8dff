"""What people read, in their languages: one gettext catalogue each; English is the source."""
