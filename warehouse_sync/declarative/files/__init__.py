"""Files with declarations: read, parse, build specs and write them."""
