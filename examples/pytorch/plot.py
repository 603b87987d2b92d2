# SPDX-License-Identifier: Apache-2.0
"""Tables (Markdown, to the standard output) and a drawing of what measure.py measured; needs nothing but Python.

    python3 plot.py results/h200.json results/memory_time.svg > tables.md
    python3 plot.py results/h100.json > tables.md
"""

import json
import math
import sys

ORDER = ("resnet50", "densenet121", "unet", "vit_b_16", "gpt2_small", "gpt2_tied", "llama_1b")
TITLES = {"resnet50": "ResNet-50, batch 64", "densenet121": "DenseNet-121, batch 32", "unet": "U-Net, batch 8",
          "vit_b_16": "ViT-B/16, batch 32", "gpt2_small": "GPT-2 small, 4 x 1,024",
          "gpt2_tied": "GPT-2 small, tied weights", "llama_1b": "Llama 1.1B, 1 x 2,048"}
SHOWN = {"checkpoint 2": "checkpoint, every 2nd block", "checkpoint 3": "checkpoint, every 3rd block"}
GIB = 2**30
EARLIER = {"resnet50": ((0.423, 1.286), (0.767, 1.473)), "unet": ((0.832, 1.259), (0.812, 1.179)),
           "vit_b_16": ((0.181, 1.217), (0.404, 1.244)), "gpt2_small": ((0.686, 1.087), (0.801, 1.331)),
           "llama_1b": ((0.558, 1.265), (0.742, 1.210))}
"""What an earlier run on an H200 gave for block checkpointing and for the partitioner's best point: memory above what is
allocated before the step, and time, both as multiples of eager's. Not measured by measure.py; only for comparison."""


def load(name):
    """(machine, {model: {method: record}})."""
    with open(name) as file:
        results = json.load(file)
    models = {}
    for record in results["records"]:
        models.setdefault(record["model"], {})[record["method"]] = record
    return results["machine"], {m: models[m] for m in ORDER if m in models}


def points(record):
    """The measured plans of a model, by title."""
    return {p["title"]: p for p in record["points"] if p.get("plan") is not None}


def rivals(methods):
    """[(name, record, our point, whether anything had to be planned)] of the rivals, ours at their peak."""
    ours, found = points(methods["checkmate"]), []
    for name, record in methods.items():
        if name.startswith(("checkpoint", "partitioner")):
            at = ours.get(f"at {name}")
            found.append((name, record, at or ours["plain"], at is not None))
    return found


def fastest_at_each_peak(methods, whole=False):
    """The partitioner often gives one peak for several settings; the fastest counts. {peak: (rival, ours) extra time}

    whole: at the rival's max_memory_allocated where that was measured, not at what lies above the step's start."""
    eager, found, ours = methods["eager"]["time_ms"], {}, points(methods["checkmate"])
    for name, record, point, planned in rivals(methods):
        theirs = record["time_ms"] / eager - 1
        peak = round(record["peak_bytes"] / 2**20)
        if planned and theirs > 0.005 and theirs < found.get(peak, (math.inf,))[0]:
            mine = ours.get(f"at {name}, whole peak", point) if whole else point
            found[peak] = theirs, mine["time_ms"] / eager - 1
    return found


def percent(x):
    return f"{100 * x:.1f} %"


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def rival_table(models):
    print("| network | method | peak, GiB | of eager's | extra time | checkmate at that peak | ratio |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    ratios, at_whole_peaks = [], []
    for model, methods in models.items():
        eager = methods["eager"]
        print(f"| {TITLES[model]} | eager | {eager['peak_bytes'] / GIB:.2f} | 1 | {eager['time_ms']:.1f} ms | | |")
        rows = [(*rival, "") for rival in rivals(methods)]
        whole = points(methods["checkmate"]).get("at checkpoint, whole peak")
        if whole:
            rows.insert(1, ("checkpoint", methods["checkpoint"], whole, True, ", second workspace included"))
        for name, record, point, planned, note in rows:
            theirs, mine = record["time_ms"] / eager["time_ms"] - 1, point["time_ms"] / eager["time_ms"] - 1
            shown = f"{mine / theirs:.2f}" if planned and theirs > 0.005 else "" if planned else "nothing to recompute"
            print(f"| | {SHOWN.get(name, name)}{note} | {record['peak_bytes'] / GIB:.2f} | "
                  f"{record['peak_bytes'] / eager['peak_bytes']:.3f} | {percent(theirs)} | {percent(mine)} | {shown} |")
        ratios += [mine / theirs for theirs, mine in fastest_at_each_peak(methods).values()]
        at_whole_peaks += [mine / theirs for theirs, mine in fastest_at_each_peak(methods, whole=True).values()]
    print(f"\nExtra time of checkmate's plan over the rival's at the same peak: geometric mean "
          f"{geometric_mean(ratios):.2f}, largest {max(ratios):.2f}, over the {len(ratios)} different peaks below that of "
          "the step without recomputation (rivals that cost under 0.5 % left out; where several rivals have one peak, the "
          "fastest counts). With the second workspace included where that was measured: geometric mean "
          f"{geometric_mean(at_whole_peaks):.2f}, largest {max(at_whole_peaks):.2f}.\n")


def earlier_table(models):
    """An earlier run's figures, this run's, and our plans at the earlier run's peaks."""
    if not any("partitioner 1" in methods for methods in models.values()):
        return
    print("| network | method | memory then | now | time then | now | checkmate: memory | time | share of extra time |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    shares = []
    for model, methods in models.items():
        if model not in EARLIER or "partitioner 1" not in methods:
            continue
        eager, ours = methods["eager"], methods["checkmate"]
        span = eager["peak_bytes"] - eager["before_bytes"]
        relative = lambda r, start: ((r["peak_bytes"] - start) / span, r["time_ms"] / eager["time_ms"])
        cuts = [relative(r, r["before_bytes"]) for name, r in methods.items() if name.startswith("partitioner")]
        plans = [relative(p, ours["fixed_bytes"]) for p in points(ours).values()]
        now = (relative(methods["checkpoint"], methods["checkpoint"]["before_bytes"]),
               min(cuts, key=lambda p: (round(p[0], 3), p[1])))
        for what, then, (memory, time) in zip(("checkpoint", "partitioner"), EARLIER[model], now):
            best = min((p for p in plans if p[0] <= then[0]), key=lambda p: p[1], default=None)
            mine = "no plan measured | | "
            if best:
                shares.append((best[1] - 1) / (then[1] - 1))
                mine = f"{best[0]:.3f} | {best[1]:.3f} | {shares[-1]:.2f}"
            print(f"| {TITLES[model]} | {what} | {then[0]:.3f} | {memory:.3f} | {then[1]:.3f} | {time:.3f} | {mine} |")
    print(f"\nOver the {len(shares)} with a plan: geometric mean {geometric_mean(shares):.2f}, largest {max(shares):.2f}.\n")


def prediction_table(models):
    print("| network | budget, GiB | peak predicted | measured | time predicted, ms | measured | over eager | operators "
          "run again |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    time_errors, peak_errors = [], []
    for model, methods in models.items():
        record, eager = methods["checkmate"], methods["eager"]
        first = TITLES[model]
        for p in sorted(points(record).values(), key=lambda p: -p["budget_bytes"]):
            time_errors.append(p["time_ms"] / p["predicted_time_ms"] - 1)
            peak_errors.append(p["peak_bytes"] / p["predicted_peak_bytes"] - 1)
            if not (p["title"] == "plain" or p["title"].startswith("f =")):
                continue
            print(f"| {first} | {'none' if p['title'] == 'plain' else format(p['budget_bytes'] / GIB, '.3f')} | "
                  f"{p['predicted_peak_bytes'] / GIB:.3f} | {p['peak_bytes'] / GIB:.3f} | {p['predicted_time_ms']:.2f} | "
                  f"{p['time_ms']:.2f} | {percent(p['time_ms'] / eager['time_ms'] - 1)} | "
                  f"{p['executions'] - record['operators']} of {record['operators']} |")
            first = ""
    print(f"\nOver all {len(time_errors)} plans measured: measured peak over predicted {percent(min(peak_errors))} to "
          f"{percent(max(peak_errors))}; measured time over predicted {percent(min(time_errors))} to "
          f"{percent(max(time_errors))}.\n")


def verify_table(models):
    """What step.verify() said: peaks, times, and how many results differ, run again without recomputation and from eager's."""
    if not any("verify" in methods for methods in models.values()):
        return
    print("| network | budget, GiB | peak predicted | measured | time predicted, ms | measured | differing results: "
          "from the step without recomputation | from eager's |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    kinds = {"verify": "", "verify deterministic": ", deterministic",
             "verify without expandable segments": ", without expandable segments"}
    for model, methods in models.items():
        for kind, shown in kinds.items():
            v = methods.get(kind)
            if v:
                print(f"| {TITLES[model].split(',')[0]}{', tied' * (model == 'gpt2_tied')}{shown} | "
                      f"{v['budget_bytes'] / GIB:.3f} | {v['predicted_peak_bytes'] / GIB:.3f} | "
                      f"{v['peak_bytes'] / GIB:.3f} | {v['predicted_time_us'] / 1e3:.2f} | {v['time_us'] / 1e3:.2f} | "
                      f"{v['differing_results']} of {v['results']} | {v['differing_from_eager']} |")
    print()


def hook_table(models):
    if not any("hooked 0.5" in methods for methods in models.values()):
        return
    print("| network | partitioner at 0.5: peak, GiB | time, ms | with checkmate as its solver: peak | time |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for model, methods in models.items():
        if "hooked 0.5" in methods:
            a, b = methods["partitioner 0.5"], methods["hooked 0.5"]
            print(f"| {TITLES[model]} | {a['peak_bytes'] / GIB:.2f} | {a['time_ms']:.1f} | "
                  f"{b['peak_bytes'] / GIB:.2f} | {b['time_ms']:.1f} |")
    print()


def fit_table(models):
    print("| network | limit, GiB | eager: batch | samples/s | every block checkpointed | samples/s | checkmate | samples/s | "
          "planned overhead |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for model, methods in models.items():
        fit = methods.get("fit")
        if not fit:
            continue
        (b0, s0), (b1, s1), (b2, s2, over) = fit["eager"], fit["checkpoint"], fit["checkmate"]
        capped = fit.get("largest_profiled") and b2 + fit["step"] > fit["largest_profiled"]
        print(f"| {TITLES[model].split(',')[0]} | {fit['limit_bytes'] / GIB:.0f} | {b0} | {s0:.0f} | {b1} | {s1:.0f} | {'at least ' * bool(capped)}{b2} | "
              f"{s2:.0f} | {percent(over)} |")
    print()


# --- the drawing ----------------------------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, TOP = 330, 250, 52, 34
INK, GRID, OURS, BLOCKS, CUT = "#333", "#ddd", "#0072b2", "#d55e00", "#009e73"


class Panel:
    """One network: peak over eager's to the right, time over eager's upwards."""

    def __init__(self, x, y, top):
        self.x, self.y, self.top, self.parts = x, y, top, []

    def at(self, memory, time):
        wide, high = WIDTH - LEFT - 14, HEIGHT - TOP - 44
        return (self.x + LEFT + memory / 1.04 * wide,
                self.y + TOP + high - (time - 1) / (self.top - 1) * high)

    def text(self, x, y, what, size=11, anchor="middle", more=""):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {more}>{what}</text>')

    def line(self, a, b, color):
        self.parts.append(f'<line x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}" stroke="{color}"/>')

    def frame(self, title):
        self.text(self.x + (LEFT + WIDTH) / 2, self.y + 20, title, 13, more='font-weight="bold"')
        for memory in (0, 0.25, 0.5, 0.75, 1):
            self.line(self.at(memory, 1), self.at(memory, self.top), GRID)
            x, y = self.at(memory, 1)
            self.text(x, y + 15, f"{memory:g}")
        step = 0.1 if self.top < 1.5 else 0.2
        for i in range(int((self.top - 1) / step + 1e-9) + 1):
            self.line(self.at(0, 1 + i * step), self.at(1.04, 1 + i * step), GRID)
            x, y = self.at(0, 1 + i * step)
            self.text(x - 6, y + 4, f"{1 + i * step:.1f}", anchor="end")
        x, y = self.at(0.52, 1)
        self.text(x, y + 31, "peak memory / eager's")
        x, y = self.x + 13, self.at(0, (1 + self.top) / 2)[1]
        self.text(x, y, "time / eager's", more=f'transform="rotate(-90 {x:.1f} {y:.1f})"')

    def mark(self, memory, time, color, shape, hint):
        x, y = self.at(memory, time)
        body = {"dot": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" ',
                "square": f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" ',
                "triangle": f'<path d="M{x:.1f} {y - 5:.1f} l5 9 h-10 z" '}[shape]
        self.parts.append(f'{body}fill="{color}"><title>{hint}</title></{body[1:body.index(" ")]}>')

    def curve(self, pairs, color):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*p) for p in pairs))
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')


def drawing(models, machine):
    columns, panels = 3, []
    for i, (model, methods) in enumerate(models.items()):
        eager = methods["eager"]
        relative = lambda r: (r["peak_bytes"] / eager["peak_bytes"], r["time_ms"] / eager["time_ms"])
        ours = sorted({relative(p) for p in points(methods["checkmate"]).values()})
        most = max([t for _, t in ours] + [relative(r)[1] for _, r, _, _ in rivals(methods)])
        panel = Panel(i % columns * WIDTH, 34 + i // columns * HEIGHT, math.ceil(10 * most + 0.3) / 10)
        panel.frame(TITLES[model])
        panel.curve(ours, OURS)
        for p in ours:
            panel.mark(*p, OURS, "dot", f"checkmate: {p[0]:.3f} x memory, {p[1]:.3f} x time")
        for name, record, _, _ in rivals(methods):
            p = relative(record)
            kind = (BLOCKS, "square") if name.startswith("checkpoint") else (CUT, "triangle")
            panel.mark(*p, *kind, f"{name}: {p[0]:.3f} x memory, {p[1]:.3f} x time")
        panels.append(panel)
    rows = -(-len(panels) // columns)
    legend = Panel(0, 0, 2)
    for x, color, shape, what in ((60, OURS, "dot", "checkmate's plans"),
                                  (240, BLOCKS, "square", "torch.utils.checkpoint around every block"),
                                  (540, CUT, "triangle", "min-cut partitioner, activation_memory_budget 0 to 1")):
        legend.at = lambda *_: (x, 20)
        legend.mark(0, 0, color, shape, what)
        legend.text(x + 10, 24, what, 12, "start")
    body = "\n".join(part for panel in [legend, *panels] for part in panel.parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns * WIDTH} {34 + rows * HEIGHT}" '
            f'font-family="sans-serif" fill="{INK}"><title>Time of one training step against its peak memory, '
            f'{machine["device"].split(",")[0]}</title>\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')


def main():
    machine, models = load(sys.argv[1])
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w") as file:
            file.write(drawing(models, machine))
    print(f"{machine['device']}, PyTorch {machine['torch']}\n")
    for table in (rival_table, earlier_table, prediction_table, verify_table, fit_table, hook_table):
        table(models)


if __name__ == "__main__":
    main()
