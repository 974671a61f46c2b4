"""`FormsExplorer` as a film: one SVG, made of its own frames, that moves by itself where no script may run.

Each scene lies on those before it, and a style sheet fades it in while the knobs move. Where nothing can move, or
should move, one scene stays in sight.
"""
from typing import NamedTuple

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, end, mid, number, rect, tag, text
from resnext_edu.widgets.forms import FormsExplorer
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.stops import Stops


class Scene(NamedTuple):
    """Where the two sliders stand, what one sees in two short lines, and for how many seconds."""

    form: str
    cardinality: int
    says: tuple[str, str]
    seconds: float


SCENES = (
    Scene("split_sum", 1, ("One path:", "ResNet's block."), 2.2),
    Scene("split_sum", 4, ("Four thinner paths,", "added up."), 2.2),
    Scene("split_sum", 32, ("(a) 32 thin paths,", "added up: ResNeXt."), 2.4),
    Scene("concat", 32, ("(b) Concatenate first:", "the same function."), 2.5),
    Scene("grouped", 32, ("(c) One grouped 3×3:", "the same function."), 2.7),
)
STILL = 2  # the scene that is in sight where nothing moves
FADE = .5  # seconds in which a scene comes in
STARTS = [sum(scene.seconds for scene in SCENES[:k]) for k in range(len(SCENES) + 1)]  # the last is the next round's
ROUNDS = 4.9  # it moves for a minute, and rests on its last scene

TALLEST, RAILS = 468, (150, 226)  # how tall the film is; y of the two sliders
RAIL, LENGTH = 26, 220  # x of their first stop; from there to the last
CROP = (12, 112, 583, 488)  # what is seen of a frame: x, y, width, height
PLACE, SCALE = (300, 14), .88  # where that stands, and its size
STYLE = (".rx .huge{font-size:38px;font-weight:600}.rx .new{text-decoration:underline}"
         "@media(prefers-reduced-motion:no-preference){"
         f".rx .moves{{animation:{STARTS[-1]:g}s ease-in-out {ROUNDS} forwards}}}}")


def forms_film() -> Picture:
    """The block from one path to 32, and from form to form.

    Returns
    -------
    Picture
        It moves for a minute, in an `<img>`, too. Who wants no motion sees one scene.

    Examples
    --------
    >>> print(forms_film().text.splitlines()[-1])
    (c) One grouped 3×3: the same function. 3 convolutions, 70,144 weights.
    """
    explorer = FormsExplorer()
    stops = [control for control in explorer.stops if isinstance(control, Stops)]
    frames: list[Frame] = []
    knobs: list[list[float]] = []  # in each scene, where the two stand
    for scene in SCENES:
        explorer.move(form=scene.form, cardinality=scene.cardinality)
        assert explorer.frame is not None
        frames.append(explorer.frame)
        knobs.append([_at(stop, int(place)) for stop, place in zip(stops, explorer.at, strict=True)])
    words = (f"{' '.join(scene.says)} {frame.numbers['convolutions']} convolutions, "
             f"{frame.numbers['weights']:,} weights." for scene, frame in zip(SCENES, frames, strict=True))
    body = (tag("style", STYLE),
            *(_scene(k, (frames[k - 1], frames[k]), [*zip(stops, RAILS, knobs[k - 1], knobs[k], strict=True)])
              for k in range(len(SCENES))),
            *(_knob(n, y, [xs[n] for xs in knobs]) for n, y in enumerate(RAILS)))
    return Picture("One block on one budget: from one path to 32, and from form to form", (), "\n".join(words), body,
                   TALLEST, heading=explorer.about)


def _at(stop: Stops, k: int) -> float:
    """Where stop k of a slider is."""
    return RAIL + LENGTH * k / (len(stop.stops) - 1)


def _scene(k: int, frames: tuple[Frame, Frame], sliders: list[tuple[Stops, int, float, float]]) -> str:
    """All but the knobs, on a ground that hides the scenes below. Beside all that is new stands what it was."""
    x, y, wide, high = CROP
    parts = [rect(0, 40, WIDTH, TALLEST - 40, "bg"),
             tag("svg", rect(*CROP, "bg"), *frames[1].picture.body, x=PLACE[0], y=PLACE[1], width=SCALE * wide,
                 height=SCALE * high, viewBox=f"{x} {y} {wide} {high}"),
             *(end(808, 424 + 18 * n, words, cls="soft") for n, words in enumerate(("what is", "stored"))),
             *(text(16, 66 + 24 * n, words, cls="big") for n, words in enumerate(SCENES[k].says)),
             text(16, 452, "In the lessons, you move this.", cls="soft")]
    for stop, rail, was, now in sliders:
        parts += [text(16, rail - 16, stop.name, cls="b"), rect(RAIL - 10, rail - 2, LENGTH + 20, 4, "soft", 2)]
        parts += [mid(_at(stop, n), rail + 26, tick, cls="soft") for n, tick in enumerate(stop.ticks or ())]
        parts += [tag("circle", cx=was, cy=rail, r=10, cls="wire", stroke_width=2)] if was != now else []
    for name, line in (("convolutions", 312), ("weights", 388)):
        old, new = (f"{each.numbers[name]:,}" for each in frames)
        parts += [text(16, line, new, cls="huge new" if new != old else "huge"),
                  text(16, line + 24, name, (f", was {old}" if new != old else "", "soft"))]
    goes = STARTS[-1] - FADE  # the last scene, and the first is seen, since no other lies on it any more
    steps = {0: 0, STARTS[k] - FADE: 0, STARTS[k]: 1, STARTS[-2]: 1, goes: int(k == len(SCENES) - 1), STARTS[-1]: 0}
    looks = {second: f"opacity:{seen}" for second, seen in steps.items()} if k > 0 else {}
    return _moving(f"scene{k}", looks, *parts, opacity="1" if k <= STILL else "0")


def _knob(n: int, y: float, xs: list[float]) -> str:
    """What moves on a rail, back to its first place at last."""
    steps = {0.0: xs[0]}
    for start, was, now in zip(STARTS[1:], xs, [*xs[1:], xs[0]], strict=True):
        steps |= {start - FADE: was, start: now}
    looks = {second: f"transform:translateX({number(x - xs[STILL])}px)" for second, x in steps.items()}
    return _moving(f"knob{n}", looks, tag("circle", cx=xs[STILL], cy=y, r=10, cls="ink"))


def _moving(name: str, looks: dict[float, str], *inside: str, **attributes: object) -> str:
    """Elements that look like this at these seconds of a round."""
    steps = "".join(f"{number(100 * second / STARTS[-1])}%{{{look}}}" for second, look in looks.items())
    rules = f".rx .{name}{{animation-name:{name}}}@keyframes {name}{{{steps}}}"
    return tag("g", tag("style", rules), *inside, cls=f"moves {name}", **attributes)
