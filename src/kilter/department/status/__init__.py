"""Status: computed from what is recorded, never typed in."""
