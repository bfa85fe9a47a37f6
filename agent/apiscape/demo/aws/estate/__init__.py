"""What there is: accounts, regions and their APIs as plain data, with a working copy and what was deployed."""
