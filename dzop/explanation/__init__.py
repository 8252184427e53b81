"""Decisions, access and the log in plain words: Dutch, French, German and English. Pure."""
