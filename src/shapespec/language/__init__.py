"""What a file may say: pydantic models, from which ``schemas/*.schema.json`` are generated."""
