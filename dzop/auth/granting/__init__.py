"""The authorization server: what an app asks, what somebody allows it, and the tokens it gets for that."""
