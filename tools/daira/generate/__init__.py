"""All that is made from a source: schemas, tables, documentation."""
