"""What a table holds, as Python values."""


def plain(table):
    """Every column as Python values, None where null: {name: (physical, values)}."""
    found = {item.name: (item.physical, []) for item in table.fields}
    for batch in table.batches():
        for name, (_, values) in found.items():
            column = batch.column(name)
            assert column.valid is None or (column.valid.dtype == bool and len(column.valid) == batch.rows)
            cells = column.values.tolist()
            if column.dictionary is not None:
                assert len(set(column.dictionary)) == len(column.dictionary)
                cells = [column.dictionary[code] for code in cells]
            assert len(cells) == batch.rows
            valid = [True] * batch.rows if column.valid is None else column.valid.tolist()
            values += [cell if ok else None for cell, ok in zip(cells, valid, strict=True)]
    return found
