"""What screens are made of: a grid, pages of lines, and the lines around them."""
