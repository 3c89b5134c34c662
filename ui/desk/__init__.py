"""What the page asks of the library, and whose question is next."""
