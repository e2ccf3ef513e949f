"""Structures nested deeper than any stack: counted or refused, and released."""

import pytest

from support.child import answer

LEVELS = 100_000
RUNS = "run_end_encoded<run_ends: int64, values: run_end_encoded>"


@pytest.mark.thread_unsafe(reason="starts a process")
@pytest.mark.parametrize(
    ("format", "link", "work", "expected"),
    [
        (b"+l", "child", "column = cs.Column(deep); print(column.type, column.count())", "list 0"),
        (
            b"+s",
            "child",
            "table = cs.Table(deep); print(table[0].type, table[0].count())",
            "struct 0",
        ),
        (
            b"i",
            "dictionary",
            "column = cs.Column(deep); print(column.type, column.count())",
            "dictionary<values=dictionary, indices=int32> 0",
        ),
        (b"+r", "second child", "column = cs.Column(deep); print(column.type)", RUNS),
        (b"+r", "second child", "column = cs.count(deep)", f"count of {RUNS} values"),
    ],
)
def test_a_hundred_thousand_levels(format: bytes, link: str, work: str, expected: str) -> None:
    program = f"""
        import gc, threading
        import colstats as cs
        from support.deep_nesting import Deep
        deep = Deep({LEVELS}, {format!r}, {link!r})
        def ask():
            try:
                {work}
            except TypeError as error:
                print(error)
        threading.stack_size(1 << 18)
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        gc.collect()
        print(sorted(deep.released))
    """
    printed, released = answer(program).splitlines()
    assert expected in printed
    assert released == "['ArrowArray', 'ArrowSchema']"
