"""Who asks: tokens, their keys and scopes, and the sandbox authorization server."""
