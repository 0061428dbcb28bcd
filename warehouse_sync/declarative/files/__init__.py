"""Files with declarations: read, parse, bind and write them."""
