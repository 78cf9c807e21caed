"""What belongs to one library alone, a module each. Importing these imports no library."""
