"""Tables of what keeps the catalogue whole."""

from hefu.rooms.upkeep.models.likeness import Naming, Pair, Sketch
from hefu.rooms.upkeep.models.naming import ItemNaming, Told
from hefu.rooms.upkeep.models.needs import Need, Proposal, Scan
from hefu.rooms.upkeep.models.overlap import OverlapConsent, OverlapRun, Salt, ValueOverlap, ValueSketch
from hefu.rooms.upkeep.models.rounds import Assessment, Comment, FullReview, ReviewedEntry, Round
from hefu.rooms.upkeep.models.systems import Belonging
from hefu.rooms.upkeep.models.ties import Count, Look, SystemTie, Task, TaskTie

__all__ = [
    "Assessment",
    "Belonging",
    "Comment",
    "Count",
    "FullReview",
    "ItemNaming",
    "Look",
    "Naming",
    "Need",
    "OverlapConsent",
    "OverlapRun",
    "Pair",
    "Proposal",
    "ReviewedEntry",
    "Round",
    "Salt",
    "Scan",
    "Sketch",
    "SystemTie",
    "Task",
    "TaskTie",
    "Told",
    "ValueOverlap",
    "ValueSketch",
]
