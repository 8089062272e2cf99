"""Ranges of code points, `FIRST LAST WHAT` a line: `hidden` must not reach a reader as it is, `shown` must.

What Python's Unicode knows as unassigned is in neither.
"""

import unicodedata

# Default_Ignorable_Code_Point of Unicode 15 as far as it is assigned and not of category Cf (DerivedCoreProperties.txt).
IGNORABLE = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0,
             *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}


def what(code):
    category = unicodedata.category(chr(code))
    noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp") or noncharacter or code in IGNORABLE:
        return "hidden"
    return "open" if category == "Cn" else "shown"


if __name__ == "__main__":
    first = 0
    for code in range(1, 0x110001):
        if code == 0x110000 or what(code) != what(first):
            print(first, code - 1, what(first))
            first = code
