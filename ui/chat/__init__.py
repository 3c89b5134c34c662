"""The conversation in the centre, and the evidence beside it."""
