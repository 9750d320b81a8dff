"""Column types that tables share."""

from sqlalchemy import String

Id = String(40)
Word = String(40)
