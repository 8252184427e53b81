"""Logging in and out with a browser: sessions, accounts with a password, and identity providers elsewhere."""
