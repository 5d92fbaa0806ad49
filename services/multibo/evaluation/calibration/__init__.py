"""How strong a warp space should be on a model: measured, not guessed."""
