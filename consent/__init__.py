"""The access law of dzop: who may do what with whose plan, and why; pure, and independent of the service."""
