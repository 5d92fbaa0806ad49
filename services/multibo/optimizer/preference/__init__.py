"""The preference engine: learns a person's utility from choices, proposes slates.

Pure functions of their arguments, float64 on the CPU; `engine` is the facade.
"""
