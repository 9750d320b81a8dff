"""The kinds of checks, one look-alike module each: `check(aim, reach, now)` says what it found or raises.

`now` is the wall clock at the start, for dates of certificates; lengths are measured by the loop's clock. A check
need not care for timeouts or for errors: whoever runs it does (monitoring.checking).
"""
