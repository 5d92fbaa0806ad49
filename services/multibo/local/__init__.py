"""`multibo up`: the whole stack on one machine, supervised."""
