"""The pictures of the documentation, as SVG: boxes, arrows and words at the places that are written here.

Each has a ground of its own, so that it can be read on a dark page, and no script, no style sheet and no font from elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 960
LINE = 17
FONT = "font-family='Helvetica, Arial, sans-serif'"
COLOURS = {"ours": "#e8eaf6", "box": "#fff3e0", "other": "#e0f2f1", "end": "#f1f8e9", "zone": "#fafafa"}

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle with a title, and lines below it. A zone has its title in its corner, and holds other blocks."""

    place: Point
    size: Point
    title: str
    lines: Sequence[str] = ()
    kind: str = "ours"


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line through these points, with words at one place."""

    points: Sequence[Point]
    words: str = ""
    at: Point = (0, 0)
    both: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    at: Point
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    title: str
    description: str
    height: int
    parts: Sequence[Block | Arrow | Words]

    def svg(self) -> str:
        drawn = "\n".join(_drawn(part) for part in self.parts)
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {self.height}' role='img' {FONT} font-size='13'>\n"
            f"<title>{escape(self.title)}</title>\n<desc>{escape(self.description)}</desc>\n"
            f"<defs><marker id='head' viewBox='0 0 10 10' refX='9' refY='5' markerWidth='7' markerHeight='7' "
            f"orient='auto-start-reverse'><path d='M0 0L10 5L0 10z' fill='#37474f'/></marker></defs>\n"
            f"<rect width='{WIDTH}' height='{self.height}' fill='#ffffff'/>\n{drawn}\n</svg>\n"
        )


def _drawn(part: Block | Arrow | Words) -> str:
    if isinstance(part, Block):
        return _block(part)
    return _arrow(part) if isinstance(part, Arrow) else _text(part.at, part.text)


def _block(block: Block) -> str:
    (x, y), (width, height) = block.place, block.size
    dash = " stroke-dasharray='6 4'" if block.kind == "zone" else ""
    frame = (
        f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='6' fill='{COLOURS[block.kind]}' stroke='#5c6bc0'{dash}/>"
    )
    if block.kind == "zone":
        return f"{frame}\n{_text((x + 10, y + 19), block.title, anchor='start', weight='bold')}"
    top = y + (height - LINE * (1 + len(block.lines))) // 2 + 13
    words = [_text((x + width // 2, top), block.title, weight="bold")]
    words += [_text((x + width // 2, top + LINE * (1 + nth)), line) for nth, line in enumerate(block.lines)]
    return "\n".join([frame, *words])


def _arrow(arrow: Arrow) -> str:
    points = " ".join(f"{x},{y}" for x, y in arrow.points)
    start = " marker-start='url(#head)'" if arrow.both else ""
    dash = " stroke-dasharray='5 4'" if arrow.dashed else ""
    line = f"<polyline points='{points}' fill='none' stroke='#37474f' stroke-width='1.5'{dash}{start} marker-end='url(#head)'/>"
    return f"{line}\n{_text(arrow.at, arrow.words)}" if arrow.words else line


def _text(at: Point, text: str, *, anchor: str = "middle", weight: str = "normal") -> str:
    return f"<text x='{at[0]}' y='{at[1]}' text-anchor='{anchor}' font-weight='{weight}' fill='#1a1a1a'>{escape(text)}</text>"


CALL = Picture(
    "A call's way",
    "An agent calls through the SDK and the gateway's door. The gateway claims the key in Redis, leases a box, mints "
    "a wrapped token "
    "in Vault, and permits the box to send once that is on record. The box reaches upstream and Vault through the "
    "broker alone.",
    430,
    [
        Block((20, 60), (130, 70), "Agent", ["SDK, a key"], "other"),
        Block((20, 250), (130, 60), "Redis", ["one record a call"], "other"),
        Block((190, 20), (500, 320), "One host", kind="zone"),
        Block((210, 60), (110, 70), "Door", ["TLS, HTTP/2"]),
        Block((380, 60), (290, 70), "Gateway", ["resolve, authorize, check, claim,", "attempt, record, answer"]),
        Block(
            (250, 210), (190, 110), "Box", ["runner; no network,", "no capability, no disk", "one call, then removed"], "box"
        ),
        Block((510, 225), (160, 80), "Broker", ["checks each host", "and address"]),
        Block((790, 60), (150, 70), "Vault", ["holds the secret"], "other"),
        Block((790, 230), (150, 70), "Upstream", ["the real API"], "other"),
        Arrow([(150, 95), (210, 95)], "1", (180, 88)),
        Arrow([(320, 95), (380, 95)], "2", (350, 88)),
        Arrow(
            [(400, 130), (400, 165), (85, 165), (85, 250)],
            "3 claim the key; 6 permission on record; 8 outcome",
            (245, 158),
            both=True,
        ),
        Arrow([(670, 95), (790, 95)], "4 token", (738, 88)),
        Arrow([(430, 130), (430, 210)], "5 job", (452, 190), both=True),
        Arrow([(440, 265), (510, 265)], "7", (475, 258), both=True),
        Arrow([(670, 265), (790, 265)], "7 request", (738, 258), both=True),
        Arrow([(620, 225), (620, 180), (865, 180), (865, 130)], "7 secret, by TLS of the box", (748, 173), both=True),
        Words((480, 372), "3 the key is claimed once · 5 the box gets the request without the secret"),
        Words((480, 392), "6 what acts is sent only after the permission is durable"),
        Words((480, 412), "8 the outcome is recorded, then answered; the box is removed, the token revoked"),
    ],
)

RECORDS = Picture(
    "The states of a record",
    "A claim makes a record PENDING. A permission to send makes it DISPATCHED. An attempt ends in SUCCEEDED, FAILED, "
    "CANCELLED or "
    "UNKNOWN, or in RETRY_WAIT, from which another attempt follows. A review or a probe turns UNKNOWN into what happened.",
    400,
    [
        Block((20, 150), (120, 60), "a key", ["is free"], "other"),
        Block((210, 150), (150, 60), "PENDING", ["nothing has left"]),
        Block((450, 150), (170, 60), "DISPATCHED", ["may have been sent"]),
        Block((450, 20), (170, 60), "RETRY_WAIT", ["another follows"]),
        Block((760, 40), (170, 50), "SUCCEEDED", kind="end"),
        Block((760, 110), (170, 50), "FAILED", kind="end"),
        Block((760, 180), (170, 50), "CANCELLED", kind="end"),
        Block((760, 270), (170, 60), "UNKNOWN", ["the answer was lost"], "box"),
        Arrow([(140, 180), (210, 180)], "claim", (175, 173)),
        Arrow([(360, 180), (450, 180)], "permission", (405, 173)),
        Arrow([(535, 150), (535, 80)], "provably safe to repeat", (612, 118)),
        Arrow([(340, 150), (340, 130), (500, 130), (500, 80)], "nothing sent", (455, 124)),
        Arrow([(450, 50), (405, 50), (405, 100), (285, 100), (285, 150)], "next attempt, by a new fence", (300, 92)),
        Arrow([(620, 165), (700, 165), (700, 65), (760, 65)], "answer", (675, 158)),
        Arrow([(700, 135), (760, 135)]),
        Arrow([(620, 190), (760, 205)], "cancelled", (680, 191)),
        Arrow([(620, 202), (690, 202), (690, 300), (760, 300)], "lost, acts", (655, 290)),
        Arrow([(930, 300), (945, 300), (945, 65), (930, 65)], dashed=True),
        Words((820, 352), "a probe or a person says what happened"),
        Arrow(
            [(285, 210), (285, 260), (80, 260), (80, 210)],
            "refused before anything was sent: no record",
            (200, 280),
            dashed=True,
        ),
        Words((340, 330), "Each arrow is one Redis Function: record, event and obligations change together, or not at all."),
        Words((340, 352), "Only the holder of the newest fence may make it."),
        Words((340, 374), "An end whose outcome says not_done leaves the key free."),
    ],
)

BOX = Picture(
    "A box, and the ways out of it",
    "A box is a container without network. Its runner has two sockets to the gateway: io.sock for the job and the "
    "answer, egress.sock "
    "to the broker, which opens connections to permitted hosts. An author's program runs beside the runner, and "
    "reaches the broker "
    "through the runner's proxy.",
    400,
    [
        Block((20, 20), (690, 360), "Host: kernel, container engine", kind="zone"),
        Block((40, 60), (370, 260), "Box: one container, one attempt", kind="zone"),
        Block(
            (60, 100),
            (330, 90),
            "Runner, process 1",
            ["static Go program; a user of its own", "unwraps the token, reads the secret, sends"],
            "box",
        ),
        Block((60, 240), (330, 60), "An author's program", ["container tools only; its proxy is the runner"], "box"),
        Block((540, 100), (150, 60), "Gateway", ["job, permission"]),
        Block((540, 220), (150, 90), "Broker", ["allow-list, one lookup,", "addresses checked,", "bytes counted"]),
        Block((790, 100), (150, 60), "Vault", ["one read, one secret"], "other"),
        Block((790, 235), (150, 60), "Upstream", ["as the tool names it"], "other"),
        Arrow([(390, 125), (540, 125)], "io.sock", (475, 118), both=True),
        Arrow([(390, 170), (470, 170), (470, 250), (540, 250)], "egress.sock", (508, 200), both=True),
        Arrow([(225, 240), (225, 190)], "127.0.0.1:3128", (280, 220), both=True),
        Arrow([(690, 240), (750, 240), (750, 130), (790, 130)], "TLS", (770, 180), both=True),
        Arrow([(690, 265), (790, 265)], "TLS", (765, 258), both=True),
        Words((365, 342), "no network interface · no capability · read-only files · a system call filter of our own"),
        Words(
            (365, 364), "memory, processors, processes, time and bytes are bounded; no other box ever gets this one's sockets"
        ),
    ],
)

DOCUMENT = Picture(
    "How a document becomes tools",
    "A confined process loads the OpenAPI document and compiles each operation with the manifest to a draft or a "
    "fault. The catalog "
    "compares drafts with the versions that there are. A new version is active, or waits in quarantine for a promotion.",
    330,
    [
        Block((20, 40), (150, 70), "OpenAPI document", ["Swagger 2.0 to 3.2"], "other"),
        Block((20, 180), (150, 70), "Manifest", ["the operator's word"], "other"),
        Block((210, 20), (330, 250), "A process that can open nothing", kind="zone"),
        Block((225, 60), (130, 60), "Load", ["bounds, references"]),
        Block((395, 60), (130, 60), "Compile", ["one by one"]),
        Block((395, 180), (130, 60), "Faults", ["place and cure"], "box"),
        Block((580, 60), (140, 60), "Compare", ["with the version", "that there is"]),
        Block((790, 20), (150, 60), "ACTIVE", ["can be called"], "end"),
        Block((790, 130), (150, 60), "QUARANTINED", ["breaks, or tells", "other words"], "box"),
        Block((580, 180), (140, 60), "Unchanged", ["the same digest"], "end"),
        Arrow([(170, 75), (225, 90)]),
        Arrow([(170, 215), (300, 215), (300, 145), (440, 145), (440, 120)], "guards, names, limits", (240, 232)),
        Arrow([(355, 90), (395, 90)]),
        Arrow([(480, 120), (480, 180)]),
        Arrow([(525, 90), (580, 90)], "drafts", (555, 83)),
        Arrow([(720, 80), (790, 55)], "compatible", (745, 55)),
        Arrow([(720, 100), (790, 150)], "else", (745, 140)),
        Arrow([(650, 120), (650, 180)]),
        Arrow([(900, 130), (900, 80)], "promotion", (862, 110)),
        Words((480, 300), "Versions are immutable: a call names one of them, or gets the newest that is active."),
    ],
)

PICTURES = {"call.svg": CALL, "records.svg": RECORDS, "box.svg": BOX, "document.svg": DOCUMENT}
