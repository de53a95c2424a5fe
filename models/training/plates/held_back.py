"""Lists the plates that training never saw: `python -m models.training.plates.held_back ../shared/data/plates OUT.csv`.

The list has the columns of plates.csv, for `ngatu bench plates --images ../shared/data/plates/images --truth OUT.csv`.
"""

import argparse
import csv
from pathlib import Path

from models.training.plates.plate_pictures import is_held_back


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    with (args.data / "plates.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if is_held_back(row["text"])]
    with args.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
