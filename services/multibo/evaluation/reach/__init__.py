"""How far search spaces reach when no model guides the search: a study."""
