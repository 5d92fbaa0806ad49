"""Trains the delta that puts guidance into a model's weights; see `distilled`."""
