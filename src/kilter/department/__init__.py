"""The department's own state: rooms in a fixed order, each importing leftwards only."""
