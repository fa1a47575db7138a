"""Write the pages, and say which of them changed."""

from tools.reference import FOLDER, pages

for name, text in pages().items():
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote docs/reference/{name}")  # noqa: T201 - it speaks to a person at a terminal
