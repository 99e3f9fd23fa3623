"""Work: what has to be done to a device, by whom, and how it ended."""
