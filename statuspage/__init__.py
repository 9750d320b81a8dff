"""A status page that holds itself to the SLA. The factory lives in statuspage.factory."""
