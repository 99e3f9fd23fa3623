"""The safety room: alerts and field notices, incidents, hazards."""
