"""What is true: pure rules and values, no clock, no input or output."""
