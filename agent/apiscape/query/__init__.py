"""The view language: parse a view, print it back, match rows against it.

Pure functions over text and rows: `parse(print(view)) == view`, and a comparison with an
unknown value is undecided, never true. Every room from the client upwards may import
this one; it imports `model` and `errors` only.
"""
