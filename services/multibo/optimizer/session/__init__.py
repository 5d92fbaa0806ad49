"""The session: what it is and the only functions that change it. Pure."""
