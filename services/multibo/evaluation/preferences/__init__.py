"""The leaderboard of preferential optimizers, on problems without images."""
