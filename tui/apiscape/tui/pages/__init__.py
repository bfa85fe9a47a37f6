"""What pages say: pure functions from the inventory to lines, for any width, without a toolkit."""
