"""Service 2: the fleet that turns render jobs into images."""
