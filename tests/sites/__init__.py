"""A whole site in a folder of its own, worked on by real processes."""
