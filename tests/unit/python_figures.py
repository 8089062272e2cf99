"""What Python makes of figures and pictures.

    python_figures.py quantiles   reads whole numbers; prints mean, deviation, then NUMERATOR VALUE for the nearest
                                  ranks of each quantile NUMERATOR/1000
    python_figures.py xml         reads an XML document; prints its root's name and how many elements it has
"""

import statistics
import sys
import xml.etree.ElementTree as tree

if sys.argv[1] == "xml":
    root = tree.fromstring(sys.stdin.buffer.read())
    print(root.tag.rpartition("}")[2], sum(1 for _ in root.iter()))
else:
    values = sorted(int(line) for line in sys.stdin)
    print(repr(statistics.fmean(values)), repr(statistics.stdev(values)))
    for per_mille in range(1, 1001):
        rank = -(-per_mille * len(values) // 1000)  # rounded up
        print(per_mille, values[rank - 1])
