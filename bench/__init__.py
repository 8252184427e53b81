"""How fast dzop is on this machine: `make bench`. Only ever against a server of its own on 127.0.0.1."""
