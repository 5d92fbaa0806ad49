"""One adapter per kind of model; all else of the renderer is common to them."""
