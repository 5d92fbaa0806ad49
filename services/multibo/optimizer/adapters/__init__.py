"""The ports of `app`, implemented: stores, feeds, the fleet, the engine process."""
