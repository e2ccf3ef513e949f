# Sourced: the part of the Python tests that runs where a wheel is tried under emulation, or with another C library.
# Left out is what starts processes (the command line, files, signals), which an emulated program cannot, and what is
# slow there. Absurd sizes are read in a process of their own.
portable_tests=(
    tests/python/answers/test_{elements,known_answers,type_answers,types}.py
    tests/python/api/test_readme.py
    tests/python/input/test_{bad_input,layouts,numpy}.py
    tests/python/states/test_{encodings,missing,moments,moments_table}.py
    -k 'not without_a_crash'
)
