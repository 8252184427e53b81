"""All code systems, value sets and concept maps that are held: those shipped with dzop and those loaded."""
