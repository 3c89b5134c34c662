"""Whether a sentence says what its source says: numbers, dates, names, what they belong to, and yes or no."""
