"""The HTTP edge: negotiation, headers, errors. What a request means is decided by the interactions."""
