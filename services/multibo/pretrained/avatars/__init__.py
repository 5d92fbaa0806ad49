"""The embedded text-to-image model: weights, judge, and how both were trained."""
