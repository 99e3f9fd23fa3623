"""The HTTP API: the same procedures, devices and records as the pages and the command line."""
