"""What comes in by file: a tester's batch, a register of devices, history from the system used before."""
