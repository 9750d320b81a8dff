"""What measures components from inside and outside."""
