"""How specs, builds and checks are shown: rows of plain text first, then a terminal's tables of them."""
