"""The operations on code systems, value sets and concept maps: parameters in, Parameters or a ValueSet out."""
