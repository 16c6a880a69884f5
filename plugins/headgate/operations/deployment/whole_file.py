"""Files that appear whole or not at all."""

import os
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Write a file whole, its folders too; a reader never sees half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_whole(file, text)


def replace_whole(file: Path, text: str) -> None:
    """As `write_whole`, into a folder that is there. Raises OSError where it is not."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)
