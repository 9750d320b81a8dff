"""What was promised and what was kept: the SLA report and the communication report. Reads, writes nothing."""
