"""The server, who is let in, and the interfaces for programs."""
