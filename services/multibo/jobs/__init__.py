"""The render job: all that the optimizer and the fleet share; values and names."""
