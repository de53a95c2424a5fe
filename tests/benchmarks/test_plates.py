"""The plate bench on drawn plates, its character errors, and what it says of bad input."""

from pathlib import Path

import cv2
import pytest

from benchmarks.plates import PlatePicture, PlateResult, character_errors, figures, run
from benchmarks.truth import TruthFileError
from fixtures.plates.artist import PlateForm, PlateSpec, draw_plate

HEAD = "image,source,kind,x,y,w,h,text,lines\n"


def truth_of(folder: Path, rows: str) -> Path:
    plate = draw_plate(PlateSpec(text="63A12345", first_row=3, form=PlateForm.CAR_LONG), 0.5)
    cv2.imwrite(str(folder / "a.png"), plate[:, :, ::-1])
    (folder / "plates.csv").write_text(HEAD + rows)
    return folder / "plates.csv"


def test_a_plate_that_is_the_picture_is_read_and_counted(tmp_path: Path) -> None:
    said = run(
        tmp_path, truth_of(tmp_path, "a.png,drawn,crop,,,,,63A12345,1\na.png,other,crop,,,,,63A12346,1\n")
    )
    assert set(said["by_source"]) == {"drawn", "other"}
    drawn, other = said["by_source"]["drawn"], said["by_source"]["other"]
    assert (drawn["n"], drawn["exact"], drawn["cer"]) == (1, 1.0, 0.0)
    assert (other["exact"], other["cer"]) == (0.0, 0.125)
    assert drawn["whole_ms"] >= drawn["read_ms"] > 0
    assert [row["true"] for row in said["wrong"]] == ["63A12346"]


def test_a_scene_goes_through_the_finder(tmp_path: Path) -> None:
    said = run(tmp_path, truth_of(tmp_path, "a.png,drawn,scene,,,,,63A12345,1\n"))
    assert said["by_source"]["drawn"]["n"] == 1


def result(*, text: str, confidence: float) -> PlateResult:
    picture = PlatePicture(path=Path("a.png"), source="drawn", kind="crop", text="63A12345")
    return PlateResult(picture=picture, text=text, confidence=confidence, read_ms=1.0, whole_ms=2.0)


def test_only_sure_readings_count_as_sure_and_wrong() -> None:
    results = [
        result(text="63A12345", confidence=0.96),
        result(text="63A12346", confidence=0.95),
        result(text="63A12347", confidence=0.94),
    ]
    assert figures(results)["sure_wrong"] == 0.5
    assert figures(results[2:])["sure_wrong"] == 0.0


ERRORS = [("same", "63A1", "63A1", 0), ("changed", "63A1", "63B1", 1), ("missing", "63A", "63A1", 1)]
ERRORS += [("too many", "63AA1", "63A1", 1), ("nothing read", "", "63A1", 4), ("shifted", "3A12", "63A1", 2)]


@pytest.mark.parametrize(
    ("read", "true", "errors"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS]
)
def test_character_errors(read: str, true: str, errors: int) -> None:
    assert character_errors(read, true) == errors


BAD = [
    ("no such kind", "a.png,drawn,video,,,,,63A12345,1\n", "kind 'video'; use scene or crop"),
    ("no text", "a.png,drawn,crop,,,,,,1\n", "text is empty"),
    ("no such picture", "b.png,drawn,crop,,,,,63A12345,1\n", r"b\.png is missing"),
    ("no rows", "", "needs the columns image, source, kind, text"),
]


@pytest.mark.parametrize(("rows", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_truth_is_said(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(TruthFileError, match=said):
        run(tmp_path, truth_of(tmp_path, rows))


def test_a_missing_truth_is_said(tmp_path: Path) -> None:
    with pytest.raises(TruthFileError, match="cannot be read"):
        run(tmp_path, tmp_path / "none.csv")
