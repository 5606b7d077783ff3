"""How long what is known is kept, and what becomes of it then."""
