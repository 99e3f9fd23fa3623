"""The areas of work, one folder each, found by entry point and independent of one another."""
