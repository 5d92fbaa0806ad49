"""Log files: tail, predecessor, limit."""

from __future__ import annotations

from pathlib import Path

from multibo.local.logs import LogFile


def test_the_tail_is_the_last_lines(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "x.log")
    log.path.write_text("".join(f"line {number}\n" for number in range(100)))

    assert log.tail(2) == "line 98\nline 99"


def test_the_tail_of_a_huge_file_reads_only_its_end(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "x.log")
    log.path.write_bytes(b"x" * 10_000_000 + b"\nlast \xff\n")

    assert log.tail(1) == "last �"


def test_the_tail_of_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert LogFile(tmp_path / "x.log").tail() == ""


def test_a_new_run_sets_the_old_file_aside(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "x.log")
    log.path.write_text("yesterday")

    log.begin()
    with log.open() as file:
        file.write(b"today")

    assert log.path.read_text() == "today"
    assert (tmp_path / "x.log.1").read_text() == "yesterday"


def test_an_overgrown_file_is_emptied_under_its_writer(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "x.log", largest_bytes=10)
    with log.open() as writer:
        writer.write(b"a" * 11)
        writer.flush()

        log.trim()
        writer.write(b"goes on")

    assert log.path.read_bytes() == b"goes on"
    assert (tmp_path / "x.log.1").read_bytes() == b"a" * 11


def test_a_small_file_is_left_as_it_is(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "x.log", largest_bytes=10)
    log.path.write_bytes(b"a" * 10)

    log.trim()

    assert log.path.read_bytes() == b"a" * 10
