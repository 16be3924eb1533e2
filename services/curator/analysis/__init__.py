"""What is true about content: pure functions, text and numbers in, findings out.

No I/O and no clock (`today` is an argument), so that evaluation runs exactly what production runs.
"""
