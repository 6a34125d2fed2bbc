"""The training of the built-in model: a stream of phantoms, one network for fields, cells and any stains.

`draw` fills a ring on disk with phantoms, until a time; a second time it goes on with others.
`learn` trains on what is in the ring while it is filled, until a time, and goes on where it was stopped; a new leg
starts from the half-precision weights of the last with `--start`.

    python benchmarks/builtin.py draw runs/ring --until 22:40 &
    python benchmarks/builtin.py learn runs/leg2 --ring runs/ring --start benchmarks/builtin/leg1.safetensors \
        --until 22:40
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    draw = commands.add_parser("draw", help="fill a ring with phantoms")
    draw.set_defaults(does=_draw)
    draw.add_argument("folder", type=Path)
    draw.add_argument("--slots", type=int, default=6000, help="fields of 1.3 MB that the ring holds")
    draw.add_argument("--fields", type=int, help="to draw in all; as many as there is time for by default")
    draw.add_argument("--seed", type=int, default=1)
    draw.add_argument("--workers", type=int, default=1, help="processes")
    learn = commands.add_parser("learn", help="train on a ring")
    learn.set_defaults(does=_learn)
    learn.add_argument("folder", type=Path, help="of the leg: checkpoint and weights")
    learn.add_argument("--ring", type=Path, required=True)
    learn.add_argument("--real", type=Path, help="folder of real images, of which half of the crops are then")
    learn.add_argument("--start", type=Path, help="half-precision weights of the last leg")
    learn.add_argument("--backbone", default="resnet10t")
    learn.add_argument("--pretrained", action="store_true", help="start from ImageNet's weights")
    learn.add_argument("--rate", type=float, default=1e-3)
    learn.add_argument("--images", type=float, default=math.inf, help="to learn from in all; the rate falls at the end")
    learn.add_argument("--threads", type=int, default=1)
    learn.add_argument("--every", type=float, default=600, help="seconds between checkpoints")
    for command in (draw, learn):
        command.add_argument("--until", type=_time, default=math.inf, help="time of day, such as 22:40")
    asked = parser.parse_args()
    asked.does(asked)


def _time(text: str) -> float:
    """The next time that it is so late, as `time.time` has it."""
    hour, minute = map(int, text.split(":"))
    now = time.localtime()
    at = time.mktime((*now[:3], hour, minute, 0, *now[6:]))
    return at if at > time.time() else at + 86400


def _draw(asked: argparse.Namespace) -> None:
    from builtin_stream import Ring, fill

    Ring(asked.folder, asked.slots)
    told = {"slots": asked.slots, "seed": asked.seed, "until": asked.until, "fields": asked.fields}
    workers = [
        multiprocessing.Process(
            target=fill, args=(asked.folder,), kwargs=told | {"worker": k, "workers": asked.workers}
        )
        for k in range(asked.workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _learn(asked: argparse.Namespace) -> None:
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # else threads spin for each other on busy cores
    import torch
    from builtin_leg import Course, Leg

    torch.set_num_threads(asked.threads)
    course = Course(backbone=asked.backbone, pretrained=asked.pretrained, rate=asked.rate, images=asked.images)
    leg = Leg(asked.folder, course, asked.start)
    real = None
    if asked.real is not None:
        from builtin_real import every

        real = every(asked.real)
    leg.learn(asked.ring, until=asked.until, every=asked.every, real=real)


if __name__ == "__main__":
    main()
