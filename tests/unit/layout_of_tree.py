"""Holds the source tree against its own rules; prints every breach, exits 1 when there is one.

    layout_of_tree.py SOURCE_TREE
"""

import pathlib
import re
import sys

LAYERS = "src/layers.txt"

TOP_LEVEL = {
    "src", "commands", "tests", "completions",
    "CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE",
    ".ci", ".clang-format", ".clang-tidy", ".gitignore",
}
# Made by tools, and named in .gitignore or used by git itself.
NOT_TRACKED = {".git", ".cache", "build", "compile_commands.json"}

MOST_LINES = 400
REASON = re.compile(r"^(//|#|--) This file is long: .{10,}", re.MULTILINE)

# Spelt so that this file does not hold what it looks for.
FORBIDDEN = [re.compile(pattern) for pattern in (
    "/" + r"work/\w", "/home" + r"/\w+/", "/" + r"root/\w", r"/tmp/b" + r"/\w",
    r"deb\." + "debian", r"pypi\." + "org", r"proxy\." + "golang", r"registry\." + "npmjs", r"crates\." + "io",
    r"(artifactory|nexus)" + r"[.\w-]*\.\w+/",
)]

# Catch finds a test by its name, in which these have a meaning of their own: it would run none, and pass.
UNFINDABLE = re.compile(r'^TEST_CASE\("[^"]*[\\*~\[]', re.MULTILINE)

# JSON that people get to see.
DUMP = re.compile(r"[.>]dump\(")

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def files_of(root):
    for entry in sorted(root.iterdir()):
        if entry.name in NOT_TRACKED:
            continue
        if entry.is_file():
            yield entry
        elif entry.is_dir():
            yield from (file for file in sorted(entry.rglob("*"))
                        if file.is_file() and "__pycache__" not in file.parts)


def read_layers(root):
    """What each folder of src, and each room of one, may include from."""
    layers = {}
    for line in (root / LAYERS).read_text().splitlines():
        if line and not line.startswith("#"):
            name, uses = line.split(":")
            layers[name] = {name, *uses.split()}
    return layers


def room_of(parts, layers):
    """`bench/http` for src/bench/http/request.hpp; None where the folder has no rooms."""
    return "/".join(parts[1:3]) if any(layer.startswith(parts[1] + "/") for layer in layers) else None


def includes_of(path, text, root, layers):
    """Breaches of the direction of dependence in one C++ file."""
    parts = path.parts
    for included in INCLUDE.findall(text):
        target = included.split("/")
        if target[0] not in ("src", "commands", "tests") or not (root / included).is_file():
            yield f'includes "{included}", which is no path from the root of the tree'
            continue
        if parts[0] == "src":
            room = room_of(parts, layers)
            if parts[1] not in layers or room and room not in layers:
                yield f"stands in src/{room or parts[1]}, a folder without a place in {LAYERS}"
            elif target[0] != "src" or target[1] not in layers[parts[1]]:
                yield f'includes "{included}", which src/{parts[1]} may not use'
            elif room and target[1] == parts[1] and room_of(target, layers) not in layers[room]:
                yield f'includes "{included}", which src/{room} may not use'
        elif parts[0] == "commands" and target[0] == "tests":
            yield f'includes "{included}": the program must not use its tests'


def breaches_in(path, root, layers):
    data = (root / path).read_bytes()
    if b"\0" in data or path.parts[:2] == ("tests", "fuzz") and path.suffix != ".cpp":
        return  # pictures, and seeds, which may be anything
    text = data.decode("utf-8", "replace")
    for pattern in FORBIDDEN:
        found = pattern.search(text)
        if found:
            yield f"mentions {found.group()}"
    if unfindable := UNFINDABLE.search(text):
        yield f"has a test that is not found by its name: {unfindable.group()}"
    if path.suffix in (".cpp", ".hpp"):
        yield from includes_of(path, text, root, layers)
        if path.parts[0] == "commands" or path.parts[:2] == ("src", "report"):
            if DUMP.search(text):
                yield "calls dump(): output::json_text lets no hidden character through"
        if path.suffix == ".hpp" and not text.startswith("#pragma once\n"):
            yield "does not begin with #pragma once"
    generated = path.parts[0] == "completions"
    if path.suffix in (".cpp", ".hpp", ".py", ".sh") and not generated:
        lines = text.count("\n")
        if lines > MOST_LINES and not REASON.search(text):
            yield f"has {lines} lines: split it, or begin a comment with 'This file is long: ' and say why"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    breaches = [f"{entry.name}: does not belong at the top of the tree"
                for entry in sorted(root.iterdir()) if entry.name not in TOP_LEVEL | NOT_TRACKED]
    layers = read_layers(root)
    count = 0
    for file in files_of(root):
        path = file.relative_to(root)
        count += 1
        breaches += [f"{path}: {breach}" for breach in breaches_in(path, root, layers)]
    print("\n".join(breaches) or f"{count} files, no breach")
    if count < 20:
        sys.exit("too few files for the source tree of roacache")
    sys.exit(1 if breaches else 0)


main()
