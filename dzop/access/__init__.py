"""The gateway: facts -> access law -> guarded store, and the audit. The only door to the store."""
