"""Files of declarations: parse, bind and write them; their schema and secret references."""
