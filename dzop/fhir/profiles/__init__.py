"""Profiles as data: what Belgium, Europe and dzop ask of a resource beyond R4, and whether one does so. Pure."""
