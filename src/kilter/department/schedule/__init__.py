"""What is due, from policy and records; kept as rows that can be rebuilt at will."""
