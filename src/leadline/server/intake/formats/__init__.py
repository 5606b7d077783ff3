"""Everything that a batch may look like becomes one envelope: sections of columns, as the wire has them."""
