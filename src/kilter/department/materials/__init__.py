"""Materials: lots, what moved between them, their tests, and the permits under which they leave."""
