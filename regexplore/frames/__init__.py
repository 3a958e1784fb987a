"""DataFrames, one module each, with its schema at the top. pandas is loaded here and nowhere below."""
