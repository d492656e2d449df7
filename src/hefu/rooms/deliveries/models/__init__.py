"""Tables of deliveries, of the rows that did not pass, and of deliveries that follow changes."""

from hefu.rooms.deliveries.models.comparison import Comparison
from hefu.rooms.deliveries.models.delivery import Delivery, RejectedRow, values
from hefu.rooms.deliveries.models.following import Follower, Following, FollowWindow, Sparing
from hefu.rooms.deliveries.models.hook import Hook, HookCall
from hefu.rooms.deliveries.models.increment import Increment
from hefu.rooms.deliveries.models.joined import Joined, JoinTimes
from hefu.rooms.deliveries.models.news import News
from hefu.rooms.deliveries.models.timetable import ComparingTimes, Timetable

__all__ = [
    "ComparingTimes",
    "Comparison",
    "Delivery",
    "FollowWindow",
    "Follower",
    "Following",
    "Hook",
    "HookCall",
    "Increment",
    "JoinTimes",
    "Joined",
    "News",
    "RejectedRow",
    "Sparing",
    "Timetable",
    "values",
]
