"""TensorBoard event files against TensorBoard's own code.

    pip install tensorboard==2.21.0
    python3 tools/golden/check_tensorboard.py --write  # writes tests/golden/train/events.tfrecord, the expected bytes
    python3 tools/golden/check_tensorboard.py RUN_DIR  # reads a run's events back and compares them with metrics.jsonl
"""

import json
import math
import pathlib
import struct
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.compat.proto import event_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests/golden/train/events.tfrecord"


def write_golden():
    """The events that tests/train/tensorboard_test.cpp writes."""
    events = [event_pb2.Event(wall_time=1700000000.25, file_version="brain.Event:2")]
    restart = event_pb2.Event(wall_time=1700000000.5, step=301)
    restart.session_log.status = event_pb2.SessionLog.START
    events.append(restart)
    scalars = event_pb2.Event(wall_time=1700000001.0, step=5_000_000_000)
    scalars.summary.value.add(tag="loss", simple_value=1.875)
    scalars.summary.value.add(tag="moe/0/" + "x" * 200, simple_value=math.inf)
    events.append(scalars)
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    with open(GOLDEN, "wb") as file:
        writer = RecordWriter(file)
        for event in events:
            writer.write(event.SerializeToString())
        writer.flush()


def as_float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def check(run):
    events = event_accumulator.EventAccumulator(str(run), size_guidance={event_accumulator.SCALARS: 0})
    events.Reload()
    expected = {}
    for text in (run / "metrics.jsonl").read_text().splitlines():
        line = json.loads(text)
        for key, value in line.items():
            if key == "moe":
                for layer in value:
                    prefix = f"moe/{layer['layer']}/"
                    expected.setdefault(prefix + "drop_rate", []).append((line["step"], layer["drop_rate"]))
                    expected.setdefault(prefix + "entropy", []).append((line["step"], layer["entropy"]))
                    for expert, share in enumerate(layer["share"]):
                        expected.setdefault(f"{prefix}share/{expert}", []).append((line["step"], share))
            elif key not in ("step", "tokens"):
                expected.setdefault(key, []).append((line["step"], value))
    actual = {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    assert sorted(actual) == sorted(expected), (sorted(actual), sorted(expected))
    count = 0
    for tag, points in expected.items():
        assert [step for step, _ in points] == [step for step, _ in actual[tag]], tag
        for (step, value), (_, read) in zip(points, actual[tag]):
            same = not math.isfinite(read) if value is None else as_float32(value) == read
            assert same, (tag, step, value, read)
            count += 1
    print(f"{run}: {count} values of {len(expected)} tags are those of metrics.jsonl")


if __name__ == "__main__":
    write_golden() if sys.argv[1:] == ["--write"] else check(pathlib.Path(sys.argv[1]))
