# SPDX-License-Identifier: Apache-2.0
from array import array
from collections.abc import Callable

version: tuple[int, int, int]
has_cbc: bool

class Outcome:
    reason: str
    detail: str
    strategy: str
    steps: list[tuple[int, int]]
    planned: bool
    time: float
    base_time: float
    bound: float | None
    peak: int
    elapsed: float

class Replay:
    time: float
    peak: int
    engine_peak: int
    executions: int

class Problem:
    def __init__(self, names: list[str], time: array[float], workspace: array[int], run_once: array[int],
                 first_output: array[int], output_bytes: array[int], retained: array[int], first_read: array[int],
                 read_node: array[int], read_output: array[int], fixed_memory: int) -> None: ...
    def smallest_budget(self) -> tuple[int, int]: ...
    def smallest_found(self, low: int) -> int: ...
    def plain_steps(self) -> list[tuple[int, int]]: ...
    def replay(self, steps: list[tuple[int, int]], free_order: bool = False) -> Replay: ...
    def plan(self, budget: int, time_limit: float | None = None, moves: int = 0, seed: int = 0, free_order: bool = False,
             prove: bool = False, on_progress: Callable[[float, float, float, str], None] | None = None) -> Outcome: ...
