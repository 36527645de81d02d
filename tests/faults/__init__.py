"""What becomes of the work when something on the machine breaks: a matrix of faults × stages of the work.

`make faults` tries all of it on a really running product and prints a table (matrix.py); tests/product/test_faults.py
is the short form.
"""
